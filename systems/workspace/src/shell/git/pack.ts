import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync, constants as zlib } from 'node:zlib';
import type { OpenFolder } from '@ioi/folders';
import { applyDelta, type PackEntry, readEntry } from '@ioi/law';

/** Of one commit, unpacked; git's own have some hundreds. */
export const MOST_COMMIT_BYTES = 256 * 1024;

const MOST_PACKED_BYTES = 2 * MOST_COMMIT_BYTES;
const FIRST_BYTES = 1024;
const MOST_DEPTH = 64;
const HEAD_BYTES = 8;
const FANOUT = 256;
/** `\xfftOc` and version 2. */
const MAGIC = 'ff744f6300000002';
const LARGE = 0x80000000;

/** What stands in the place of a file, and is none. */
const NO_FILE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'];

/**
 * A file that is one, and no pipe that would be waited at; undefined where it is none. Faults where
 * it cannot be opened.
 */
export function openFile(folder: OpenFolder, name: string): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const descriptor = openSync(folder.place(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (fault) {
    if (!NO_FILE.includes(String((fault as NodeJS.ErrnoException).code))) throw fault;
  }
  return undefined;
}

/** So many bytes of an open file, fewer where it ends. */
export function bytesAt(descriptor: number, at: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  let length = 0;
  while (length < most) {
    const read = readSync(descriptor, bytes, length, most - length, at + length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** What an index of a pack says (git's `pack-format`, version 2), held open. */
export class PackIndex {
  readonly #descriptor: number;
  readonly #bytes: number;
  readonly #fanout: Buffer;
  /** Of the pack itself, where its objects are read too. */
  #pack: number | undefined;

  private constructor(descriptor: number, digits: number, fanout: Buffer) {
    this.#descriptor = descriptor;
    this.#bytes = digits / 2;
    this.#fanout = fanout;
  }

  /** Where objects are read too a pack that git removes takes up its room until it is closed. */
  static open(folder: OpenFolder, name: string, isRead: boolean) {
    const descriptor = openFile(folder, `${name}.idx`);
    if (descriptor === undefined) return undefined;
    const head = bytesAt(descriptor, 0, HEAD_BYTES + FANOUT * 4);
    if (head.length === HEAD_BYTES + FANOUT * 4 && head.toString('hex', 0, HEAD_BYTES) === MAGIC) {
      const index = new PackIndex(
        descriptor,
        digitsIn(descriptor, head),
        head.subarray(HEAD_BYTES),
      );
      try {
        if (isRead) index.#pack = openFile(folder, `${name}.pack`);
        return index;
      } catch (fault) {
        closeSync(descriptor);
        throw fault;
      }
    }
    closeSync(descriptor);
    return undefined;
  }

  /** The bytes of a commit that begins there; undefined where nothing of it can be read. */
  commitAt(at: number, byName: ByName, depth: number): Buffer | undefined {
    const pack = this.#pack;
    const digits = this.#bytes === 32 ? 64 : 40;
    return pack === undefined ? undefined : commitIn({ pack, digits, byName }, at, depth);
  }

  /** Where an object begins in its pack. */
  offsetOf(name: string): number | undefined {
    const first = Number.parseInt(name.slice(0, 2), 16);
    let low = first === 0 ? 0 : this.#fanout.readUInt32BE((first - 1) * 4);
    let high = this.#fanout.readUInt32BE(first * 4);
    const wanted = Buffer.from(name, 'hex');
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const order = this.#nameAt(middle).compare(wanted);
      if (order === 0) return this.#offsetAt(middle);
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  close(): void {
    closeSync(this.#descriptor);
    if (this.#pack !== undefined) closeSync(this.#pack);
  }

  get #count(): number {
    return this.#fanout.readUInt32BE((FANOUT - 1) * 4);
  }

  get #names(): number {
    return HEAD_BYTES + FANOUT * 4;
  }

  #nameAt(at: number): Buffer {
    return bytesAt(this.#descriptor, this.#names + at * this.#bytes, this.#bytes);
  }

  #offsetAt(at: number): number | undefined {
    // Behind the names: a checksum for each, then the offsets, then those that are long.
    const offsets = this.#names + this.#count * (this.#bytes + 4);
    const short = bytesAt(this.#descriptor, offsets + at * 4, 4);
    if (short.length < 4) return undefined;
    const value = short.readUInt32BE();
    if (value < LARGE) return value;
    const long = bytesAt(this.#descriptor, offsets + this.#count * 4 + (value - LARGE) * 8, 8);
    const offset = long.length < 8 ? undefined : Number(long.readBigUInt64BE());
    return Number.isSafeInteger(offset) ? offset : undefined;
  }
}

/** Of each name a longer one takes more than a shorter one can, with all that stands behind it. */
function digitsIn(descriptor: number, head: Buffer): 40 | 64 {
  const count = head.readUInt32BE(head.length - 4);
  return fstatSync(descriptor).size >= head.length + count * (32 + 8) + 64 ? 64 : 40;
}

/** Gives the bytes of a commit, of whatever this one is a delta of. */
type ByName = (name: string, depth: number) => Buffer | undefined;

type Reading = {
  readonly pack: number;
  readonly digits: 40 | 64;
  readonly byName: ByName;
};

/** The commit that begins there, whole; undefined where it is none, or too large. */
function commitIn(reading: Reading, at: number, depth = 0): Buffer | undefined {
  const { pack, digits, byName } = reading;
  if (depth > MOST_DEPTH || at < 0) return undefined;
  const entry = readEntry(bytesAt(pack, at, FIRST_BYTES), 0, digits);
  if (entry === undefined || entry.size > MOST_COMMIT_BYTES) return undefined;
  const { kind, back, base } = entry;
  if (kind !== 'commit' && kind !== 'offset_delta' && kind !== 'named_delta') return undefined;
  const bytes = unpackedAt(pack, at + entry.length, entry);
  if (bytes === undefined || kind === 'commit') return bytes;
  const other =
    base === undefined
      ? commitIn(reading, at - (back ?? at + 1), depth + 1)
      : byName(base, depth + 1);
  if (other === undefined) return undefined;
  return asBuffer(applyDelta(other, bytes, MOST_COMMIT_BYTES));
}

function unpackedAt(pack: number, at: number, { size }: PackEntry): Buffer | undefined {
  for (let most = FIRST_BYTES; most <= MOST_PACKED_BYTES; most *= 4) {
    const packed = bytesAt(pack, at, most);
    const bytes = inflated(packed, size);
    if (bytes?.length === size) return bytes;
    if (bytes === undefined || packed.length < most) return undefined;
  }
  return undefined;
}

/** As much as comes of bytes that may go on. */
export function inflated(packed: Uint8Array, most: number): Buffer | undefined {
  try {
    const maxOutputLength = Math.max(most, 1);
    return inflateSync(packed, { maxOutputLength, finishFlush: zlib.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

function asBuffer(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
