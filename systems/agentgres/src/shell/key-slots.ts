import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { KEY_BYTES } from '../core/artifact-format.ts';

export type SlottedKey = { readonly slot: number; readonly key: Uint8Array };

const EMPTY = Buffer.alloc(KEY_BYTES);
/** Keys made at a time: what is put next finds its key on disk already. */
const AHEAD = 1024;
const SWEEP_BYTES = KEY_BYTES * 32_768;

/**
 * Keys in one file, each in a slot of its own, apart from what they open. They are made and
 * flushed ahead of their use. A key is destroyed by overwriting its slot where it stands: no
 * journal, log or older copy of it is ever written.
 */
export class KeySlots {
  readonly #file: number;
  readonly #free: number[] = [];
  #ahead: SlottedKey[] = [];
  #slots: number;

  /**
   * Slots that are not in use are emptied: a crash may have left keys there that sealed something
   * once, and no key seals two objects.
   */
  constructor(path: string, used: ReadonlySet<number>) {
    const { O_RDWR, O_CREAT } = constants;
    this.#file = openSync(path, O_RDWR | O_CREAT, 0o600);
    const there = Math.ceil(fstatSync(this.#file).size / KEY_BYTES);
    // Also where the file was lost: what is named after it must share its slot with nothing.
    this.#slots = [...used].reduce((most, slot) => Math.max(most, slot + 1), there);
    for (let slot = 0; slot < this.#slots; slot++) if (!used.has(slot)) this.#free.push(slot);
    this.#emptyUnused(used);
  }

  /** A key that was never used, on disk already. */
  take(): SlottedKey {
    if (this.#ahead.length === 0) this.#makeAhead();
    return this.#ahead.pop() as SlottedKey;
  }

  /** Undefined when the slot was emptied. */
  get(slot: number): Uint8Array | undefined {
    const key = Buffer.alloc(KEY_BYTES);
    const read = readSync(this.#file, key, 0, KEY_BYTES, slot * KEY_BYTES);
    return read === KEY_BYTES && !key.equals(EMPTY) ? key : undefined;
  }

  /** Overwrites keys; they are gone from the disk when this returns. */
  destroy(slots: readonly number[]): void {
    for (const slot of slots) writeSync(this.#file, EMPTY, 0, KEY_BYTES, slot * KEY_BYTES);
    fdatasyncSync(this.#file);
  }

  /** Slots that nothing refers to any more: for keys to come. */
  release(slots: readonly number[]): void {
    this.#free.push(...slots);
  }

  close(): void {
    this.destroy(this.#ahead.map(({ slot }) => slot));
    closeSync(this.#file);
  }

  /** Whoever needs the next one waits: most slots are in a row, and are written as one. */
  #makeAhead(): void {
    const slots = this.#free.slice(-AHEAD);
    const between = slots.length;
    while (slots.length < AHEAD) slots.push(this.#slots + slots.length - between);
    slots.sort((one, other) => one - other);
    const keys = randomBytes(AHEAD * KEY_BYTES);
    for (let at = 0; at < AHEAD; ) {
      let end = at + 1;
      while (end < AHEAD && slots[end] === (slots[end - 1] as number) + 1) end += 1;
      this.#write(keys.subarray(at * KEY_BYTES, end * KEY_BYTES), slots[at] as number);
      at = end;
    }
    fdatasyncSync(this.#file);
    // Not before: of keys that could not be written the slots are still to be had.
    this.#free.length -= between;
    this.#slots += AHEAD - between;
    this.#ahead = slots.map((slot, at) => {
      return { slot, key: keys.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES) };
    });
  }

  /** A disk that fills up takes the first part of a row, and says so with the part behind it. */
  #write(keys: Uint8Array, slot: number): void {
    for (let at = 0; at < keys.length; ) {
      at += writeSync(this.#file, keys, at, keys.length - at, slot * KEY_BYTES + at);
    }
  }

  #emptyUnused(used: ReadonlySet<number>): void {
    const found: number[] = [];
    const bytes = Buffer.alloc(SWEEP_BYTES);
    for (let at = 0; at < this.#slots * KEY_BYTES; at += SWEEP_BYTES) {
      const read = readSync(this.#file, bytes, 0, SWEEP_BYTES, at);
      for (let offset = 0; offset < read; offset += KEY_BYTES) {
        const slot = (at + offset) / KEY_BYTES;
        const isEmpty = bytes.subarray(offset, offset + KEY_BYTES).equals(EMPTY);
        if (!isEmpty && !used.has(slot)) found.push(slot);
      }
    }
    if (found.length > 0) this.destroy(found);
  }
}
