import { assert } from '@ioi/basis';
import { HASH_SIZE } from './hashing.ts';

/** No node below an edge. */
export const NONE = 0;

const FIRST_CAPACITY = 64;
const MAX_SLOTS = 2 ** 31;
/** 32-bit words of a hash. */
const WORDS = HASH_SIZE / 4;

/**
 * Nodes of binary trees in a few flat arrays. A node is a slot with two edges, numbered
 * `2 * slot` and `2 * slot + 1`; an edge holds a reference to the node below it and that node's
 * hash. So hashing an inner node reads 64 bytes that stand together, and a proof reads no node
 * beside its path. A leaf's two edges hold its key and its value instead of two hashes. Slot 0 is
 * no node; its second edge is for the root.
 */
export class Arena {
  #references = new Uint32Array(2 * FIRST_CAPACITY);
  #words = new Int32Array(2 * WORDS * FIRST_CAPACITY);
  #bytes = new Uint8Array(this.#words.buffer);
  /** One where the node's own hash, kept at the edge above it, is out of date. */
  #isStale = new Uint8Array(FIRST_CAPACITY);
  #used = 1;
  #free = NONE;
  #freed = 0;

  /** An arena whose slots, all of them in use and up to date, hold these bytes; none is linked. */
  static of(slots: number, bytes: Uint8Array): Arena {
    const arena = new Arena();
    // Room to grow costs nothing until it is used; without it the first new node copies them all.
    arena.#resize(2 * Math.max(slots, FIRST_CAPACITY));
    arena.#bytes.set(bytes);
    arena.#used = slots;
    return arena;
  }

  /** Slots in use, slot 0 among them. */
  get size(): number {
    return this.#used - this.#freed;
  }

  /** The flat bytes of all slots, 64 each, until the next slot is made. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  below(edge: number): number {
    return this.#references[edge] as number;
  }

  link(edge: number, reference: number): void {
    this.#references[edge] = reference;
  }

  newInner(): number {
    return 2 * this.#newSlot();
  }

  /** A reference to a new leaf with this key; its value is zero. */
  newLeaf(key: Uint8Array): number {
    const slot = this.#newSlot();
    this.#bytes.set(key, slot * 2 * HASH_SIZE);
    return 2 * slot + 1;
  }

  release(slot: number): void {
    this.#words.fill(0, slot * 2 * WORDS, (slot + 1) * 2 * WORDS);
    this.#references[2 * slot] = this.#free;
    this.#references[2 * slot + 1] = NONE;
    this.#free = slot;
    this.#freed += 1;
  }

  /** What an edge holds: a hash, or a leaf's key or value. */
  read(edge: number): Uint8Array {
    return this.#bytes.slice(edge * HASH_SIZE, (edge + 1) * HASH_SIZE);
  }

  write(edge: number, hash: Uint8Array): void {
    this.#bytes.set(hash, edge * HASH_SIZE);
  }

  /** Hangs what is below one edge, with its hash, below another. */
  move(from: number, to: number): void {
    this.#references[to] = this.below(from);
    this.#words.copyWithin(to * WORDS, from * WORDS, (from + 1) * WORDS);
  }

  clear(edge: number): void {
    this.#references[edge] = NONE;
    this.#words.fill(0, edge * WORDS, (edge + 1) * WORDS);
  }

  isStale(slot: number): boolean {
    return this.#isStale[slot] === 1;
  }

  markStale(slot: number): void {
    this.#isStale[slot] = 1;
  }

  markFresh(slot: number): void {
    this.#isStale[slot] = 0;
  }

  /** Copies the 64 bytes of a slot to where the slot numbered `to` would stand in other words. */
  copySlot(slot: number, into: Int32Array, to: number): void {
    const words = this.#words;
    const shift = (to - slot) * 2 * WORDS;
    for (let word = slot * 2 * WORDS; word < (slot + 1) * 2 * WORDS; word += 1) {
      into[word + shift] = words[word] as number;
    }
  }

  /** Writes one hash after another, each to its edge. */
  scatter(edges: readonly number[], hashes: Int32Array): void {
    const words = this.#words;
    for (let at = 0; at < edges.length; at += 1) {
      const to = (edges[at] as number) * WORDS;
      for (let word = 0; word < WORDS; word += 1) {
        words[to + word] = hashes[at * WORDS + word] as number;
      }
    }
  }

  #newSlot(): number {
    const slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.below(2 * slot);
      this.#references[2 * slot] = NONE;
      this.#freed -= 1;
      return slot;
    }
    if (this.#used === this.#isStale.length) this.#resize(2 * this.#used);
    this.#used += 1;
    return this.#used - 1;
  }

  #resize(slots: number): void {
    assert(slots <= MAX_SLOTS, 'a tree has fewer than 2^31 nodes');
    const [references, words, isStale] = [this.#references, this.#words, this.#isStale];
    this.#references = new Uint32Array(2 * slots);
    this.#references.set(references);
    this.#words = new Int32Array(2 * WORDS * slots);
    this.#words.set(words);
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#isStale = new Uint8Array(slots);
    this.#isStale.set(isStale);
  }
}

export function slotOf(reference: number): number {
  return reference >>> 1;
}

export function isLeaf(reference: number): boolean {
  return (reference & 1) === 1;
}
