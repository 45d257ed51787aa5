import { assert } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import { glimpseId } from './ids.ts';
import type { RpcId } from './message.ts';

export type Frame =
  | { readonly kind: 'line'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'oversized';
      /** Of the whole line, without its newline. */
      readonly byteCount: number;
      /** Of the first 64 KiB only: the line was never held whole. */
      readonly prefixDigest: Digest;
      /** Where the ends of the line show it: good for an error answer, for nothing else. */
      readonly id?: RpcId;
    };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const PREFIX_BYTES = 64 * 1024;
const TAIL_BYTES = 512;
const NOTHING = new Uint8Array(0);

export type LineLimits = {
  /** Of one line without its newline; 16 MiB unless told. */
  readonly maxBytes?: number;
  /** Whether empty lines mean something; they are passed over unless told. */
  readonly emptyLines?: boolean;
};

/** A line that grew too long: what is kept of it while the rest is skipped. */
type Skipped = { byteCount: number; readonly prefix: Uint8Array; tail: Uint8Array };

/**
 * Cuts a byte stream into lines and never holds more than twice `maxBytes`: a line longer than
 * `maxBytes` is skipped to its newline and reported once. A line may share memory with the chunk
 * it came in.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #emptyLines: boolean;
  /** The unfinished line, copied into one growing buffer so that tiny chunks cost no more. */
  #buffer: Uint8Array = NOTHING;
  #held = 0;
  #skipped: Skipped | undefined;

  constructor(limits: LineLimits = {}) {
    const maxBytes = limits.maxBytes ?? DEFAULT_MAX_BYTES;
    assert(Number.isSafeInteger(maxBytes) && maxBytes > 0, 'a line holds at least one byte');
    this.#maxBytes = maxBytes;
    this.#emptyLines = limits.emptyLines ?? false;
  }

  /** The frames this chunk completes, in order. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const frame = this.#finish(chunk.subarray(from, at));
      if (frame !== undefined) frames.push(frame);
      from = at + 1;
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from));
    return frames;
  }

  /** What the stream ended in: a too long line is still reported, an unfinished one is not. */
  end(): Frame | undefined {
    const frame = this.#skipped === undefined ? undefined : this.#finish(NOTHING);
    this.#buffer = NOTHING;
    this.#held = 0;
    return frame;
  }

  #hold(part: Uint8Array): void {
    if (this.#skipped !== undefined) {
      this.#skipped.byteCount += part.length;
      this.#skipped.tail = lastBytes(this.#skipped.tail, part);
      return;
    }
    const length = this.#held + part.length;
    if (length > this.#maxBytes) {
      this.#skip(part);
      return;
    }
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#held);
    this.#held = length;
  }

  #skip(part: Uint8Array): void {
    const held = this.#buffer.subarray(0, this.#held);
    this.#skipped = {
      byteCount: held.length + part.length,
      prefix: firstBytes(held, part),
      tail: lastBytes(held, part),
    };
    this.#buffer = NOTHING;
    this.#held = 0;
  }

  #finish(rest: Uint8Array): Frame | undefined {
    const isWhole = this.#held === 0 && this.#skipped === undefined;
    if (!isWhole || rest.length > this.#maxBytes) this.#hold(rest);
    const skipped = this.#skipped;
    if (skipped !== undefined) {
      this.#skipped = undefined;
      return reportSkipped(skipped);
    }
    const bytes = trimEnd(isWhole ? rest : this.#buffer.subarray(0, this.#held));
    this.#buffer = NOTHING;
    this.#held = 0;
    const isKept = bytes.length > 0 || this.#emptyLines;
    return isKept ? { kind: 'line', bytes } : undefined;
  }
}

function reportSkipped(skipped: Skipped): Frame {
  const { byteCount, prefix, tail } = skipped;
  const id = glimpseId(latin1(prefix.subarray(0, TAIL_BYTES)), latin1(tail));
  const prefixDigest = digestBytes(prefix);
  return { kind: 'oversized', byteCount, prefixDigest, ...(id === undefined ? {} : { id }) };
}

function firstBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const first = new Uint8Array(Math.min(PREFIX_BYTES, left.length + right.length));
  first.set(left.subarray(0, first.length));
  if (left.length < first.length)
    first.set(right.subarray(0, first.length - left.length), left.length);
  return first;
}

/** Copied, so that the chunks themselves are let go. */
function lastBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (right.length >= TAIL_BYTES) return right.slice(-TAIL_BYTES);
  const kept = left.subarray(Math.max(0, left.length - (TAIL_BYTES - right.length)));
  const last = new Uint8Array(kept.length + right.length);
  last.set(kept);
  last.set(right, kept.length);
  return last;
}

function trimEnd(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}

/** Identifiers outside ASCII are not glimpsed, so one byte is one character. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
