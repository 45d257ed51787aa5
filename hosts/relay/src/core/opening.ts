import { FrameReader } from '@ioi/frames';
import { isDeviceHost, MOST_RELAY_BYTES, type NodeSays, nodeSaysIn } from '@ioi/law';
import { serverNameIn } from './client-hello.ts';

/** Who somebody is that connected, by the first bytes: both sides come to one port. */
export type Opening =
  | { readonly kind: 'more' }
  | { readonly kind: 'wrong' }
  /** An approver, with the name it asks TLS for. */
  | { readonly kind: 'approver'; readonly name: string }
  /** A node, with what came after its first frame. */
  | { readonly kind: 'node'; readonly says: NodeSays; readonly rest: Uint8Array };

/** A frame of at most 8 KiB begins with this, a record of TLS with 22. */
const FRAME = 0;
const LENGTH_BYTES = 4;

export function openingOf(bytes: Uint8Array): Opening {
  if (bytes.length === 0) return { kind: 'more' };
  return bytes[0] === FRAME ? nodeIn(bytes) : approverIn(bytes);
}

function nodeIn(bytes: Uint8Array): Opening {
  const size =
    bytes.length < LENGTH_BYTES ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = LENGTH_BYTES + size;
  if (size > MOST_RELAY_BYTES) return { kind: 'wrong' };
  if (bytes.length < end || size === 0) {
    return bytes.length < LENGTH_BYTES || size > 0 ? { kind: 'more' } : { kind: 'wrong' };
  }
  const says = nodeSaysIn(bytes.subarray(LENGTH_BYTES, end));
  return says === undefined ? { kind: 'wrong' } : { kind: 'node', says, rest: bytes.subarray(end) };
}

function approverIn(bytes: Uint8Array): Opening {
  const found = serverNameIn(bytes);
  if (found.kind === 'more') return found;
  if (found.kind === 'none' || !isDeviceHost(found.name)) return { kind: 'wrong' };
  return { kind: 'approver', name: found.name };
}

/** What a node says after that, frame by frame. */
export function nodeFrames(): FrameReader {
  return new FrameReader(MOST_RELAY_BYTES);
}
