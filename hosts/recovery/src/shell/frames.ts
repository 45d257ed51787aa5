import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { decodeBase64, decodeUtf8 } from '@ioi/basis';
import { type FrameKey, openFrame } from '@ioi/crypto';
import { decapsulateWith, type HybridKey, kemKeyOf } from '@ioi/crypto/shell';
import { didOf, keyIdOfDid } from '@ioi/protocol';
import {
  FRAME_BYTES,
  SEALED_FRAME_BYTES,
  type SealedHeader,
  type SealedKind,
} from '../core/sealed-file.ts';
import { Refused } from './refused.ts';

const MOST_HEADER_BYTES = 8192;

/** What the frames of a file seal, read by place. */
export class Frames {
  readonly header: SealedHeader;
  readonly #file: number;
  readonly #key: FrameKey;
  /** Where the first frame stands, and the bytes of the file. */
  readonly #start: number;
  readonly #size: number;
  #last: { readonly index: number; readonly bytes: Uint8Array | undefined } | undefined;

  constructor(path: string, owner: HybridKey, kind: SealedKind) {
    this.#file = openSync(path, 'r');
    this.#size = fstatSync(this.#file).size;
    const { header, line, start } = headerOf(this.#bytes(0, MOST_HEADER_BYTES), kind);
    this.#start = start;
    this.header = header;
    if (header.did !== didOf(owner.publicKey)) {
      throw new Refused(`${kind.noun}.other_owner`, `the ${kind.noun} is sealed to ${header.did}`);
    }
    const opened = decapsulateWith(kemKeyOf(owner), header.kem, kind.purpose);
    const salt = decodeBase64(header.salt);
    if (!opened.ok || salt?.length !== 16) throw damagedHeader(kind);
    const digest = createHash('sha256').update(line).digest();
    this.#key = { key: opened.value, salt, header: digest };
  }

  /** Bytes of what is sealed; undefined where one of their frames does not open. */
  read(from: number, to: number): Uint8Array | undefined {
    const bytes = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      const index = Math.floor(at / FRAME_BYTES);
      const frame = this.#frame(index);
      const begin = at - index * FRAME_BYTES;
      const end = Math.min(to, (index + 1) * FRAME_BYTES);
      const taken = frame?.subarray(begin, begin + end - at);
      if (taken?.length !== end - at) return undefined;
      bytes.set(taken, at - from);
      at = end;
    }
    return bytes;
  }

  /** Whether there is all that was sealed, more, or how many whole frames. */
  held(sealed: number): 'all' | 'more' | number {
    const count = Math.ceil(sealed / FRAME_BYTES);
    const wanted = this.#start + sealed + count * (SEALED_FRAME_BYTES - FRAME_BYTES);
    if (this.#size === wanted) return 'all';
    if (this.#size > wanted) return 'more';
    return Math.floor((this.#size - this.#start) / SEALED_FRAME_BYTES);
  }

  close(): void {
    closeSync(this.#file);
  }

  #frame(index: number): Uint8Array | undefined {
    if (this.#last?.index === index) return this.#last.bytes;
    const sealed = this.#bytes(this.#start + index * SEALED_FRAME_BYTES, SEALED_FRAME_BYTES);
    const isWhole = sealed.length > SEALED_FRAME_BYTES - FRAME_BYTES;
    const bytes = isWhole ? openFrame(this.#key, index, sealed) : undefined;
    this.#last = { index, bytes };
    return bytes;
  }

  #bytes(from: number, size: number): Uint8Array {
    const buffer = new Uint8Array(size);
    let filled = 0;
    for (;;) {
      const read = readSync(this.#file, buffer, filled, size - filled, from + filled);
      filled += read;
      if (read === 0 || filled === size) return buffer.subarray(0, filled);
    }
  }
}

function headerOf(bytes: Uint8Array, kind: SealedKind) {
  const first = kind.line.length;
  const end = bytes.indexOf(0x0a, first) + 1;
  if (decodeUtf8(bytes.subarray(0, first)) !== kind.line || end === 0) {
    const message = `the file is no ${kind.noun} made by ioi ${kind.noun}`;
    throw new Refused(`${kind.noun}.unknown_format`, message);
  }
  const line = bytes.slice(first, end);
  const header = Object(jsonIn(line)) as SealedHeader;
  const { did, salt, kem } = header;
  const isWhole =
    keyIdOfDid(String(did)).ok && typeof salt === 'string' && kem?.x25519 !== undefined;
  if (!isWhole) throw damagedHeader(kind);
  return { header, line, start: end };
}

export function jsonIn(bytes: Uint8Array | undefined): unknown {
  const text = bytes && decodeUtf8(bytes);
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function damagedHeader({ noun }: SealedKind): Refused {
  const what = 'its header or the list of its contents';
  return new Refused(`${noun}.damaged`, `the ${noun} is damaged: ${what}; nothing was restored`);
}
