import { decodeHex, encodeUtf8 } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { type AeadContext, openAead, sealAead } from '@ioi/crypto';

/** Bytes of content that are encrypted at a time. */
export const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
export const KEY_BYTES = 32;

const FORMAT = encodeUtf8('ioi-artifact/1');

/** Where a chunk belongs: of which object, the how manieth, and whether none follows. */
export type ChunkPlace = {
  readonly digest: Digest;
  readonly index: number;
  readonly isLast: boolean;
};

/**
 * One chunk under its object's own key. The nonce counts, which is safe because no key seals two
 * objects; the place is bound, so that chunks cannot be moved, dropped or cut off.
 */
export function sealChunk(key: Uint8Array, place: ChunkPlace, chunk: Uint8Array): Uint8Array {
  return sealAead(contextOf(key, place), chunk);
}

/** Undefined when key, place or bytes are not those it was sealed with. */
export function openChunk(
  key: Uint8Array,
  place: ChunkPlace,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return sealed.length < TAG_BYTES ? undefined : openAead(contextOf(key, place), sealed);
}

function contextOf(key: Uint8Array, { digest, index, isLast }: ChunkPlace): AeadContext {
  const nonce = new Uint8Array(24);
  new DataView(nonce.buffer).setBigUint64(16, BigInt(index));
  const named = decodeHex(digest.slice('sha256:'.length)) as Uint8Array;
  const associatedData = new Uint8Array(FORMAT.length + named.length + 1);
  associatedData.set(FORMAT);
  associatedData.set(named, FORMAT.length);
  associatedData[associatedData.length - 1] = isLast ? 1 : 0;
  return { key, nonce, associatedData };
}
