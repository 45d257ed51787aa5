import { Frontier, leafHash } from '@ioi/merkle';
import type { LogFile } from './log-file.ts';

/** A perfect subtree of the log: its root is the same wherever it is computed. */
const CHUNK_ENTRIES = 4_096;
const HASH_BYTES = 32;
const TAKEN = 0;
const DONE = 1;
const HEADER_BYTES = 8;

/** Leaf hashes of a log, computed chunk by chunk by as many threads as share the memory. */
export class ChunkHashes {
  readonly shared: SharedArrayBuffer;
  readonly #log: LogFile;
  readonly #size: number;
  readonly #counters: Int32Array;
  readonly #roots: Uint8Array;

  constructor(log: LogFile, size: number, shared?: SharedArrayBuffer) {
    const chunks = Math.floor(size / CHUNK_ENTRIES);
    this.shared = shared ?? new SharedArrayBuffer(HEADER_BYTES + chunks * HASH_BYTES);
    this.#log = log;
    this.#size = size;
    this.#counters = new Int32Array(this.shared, 0, 2);
    this.#roots = new Uint8Array(this.shared, HEADER_BYTES);
  }

  get #chunks(): number {
    return this.#roots.length / HASH_BYTES;
  }

  /** Entries hashed so far, by whomever. */
  get hashed(): number {
    return Atomics.load(this.#counters, DONE) * CHUNK_ENTRIES;
  }

  get isDone(): boolean {
    return Atomics.load(this.#counters, DONE) === this.#chunks;
  }

  /** Hashes the next chunk that nobody took; false when there is none. */
  next(): boolean {
    const chunk = Atomics.add(this.#counters, TAKEN, 1);
    if (chunk >= this.#chunks) return false;
    const from = chunk * CHUNK_ENTRIES;
    this.#roots.set(this.#frontier(from, from + CHUNK_ENTRIES).root(), chunk * HASH_BYTES);
    Atomics.add(this.#counters, DONE, 1);
    return true;
  }

  /** Of the whole log, once every chunk is done. */
  root(): Uint8Array {
    const chunks = this.#chunks;
    const roots = Array.from({ length: chunks }, (_, at) => {
      return this.#roots.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    });
    // Roots of equal perfect subtrees join as leaves do.
    const { peaks } = Frontier.empty.extend(roots).frontier.serialise();
    const rest = this.#frontier(chunks * CHUNK_ENTRIES, this.#size).serialise().peaks;
    const whole = Frontier.restore({ size: this.#size, peaks: [...peaks, ...rest] });
    if (!whole.ok) throw new Error(whole.error.message);
    return whole.value.root();
  }

  #frontier(from: number, to: number): Frontier {
    const texts = this.#log.texts(from, to);
    return Frontier.empty.extend(texts.map((text) => leafHash(text))).frontier;
  }
}
