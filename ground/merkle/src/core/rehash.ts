import { sha256 } from '@ioi/canon';
import { type Arena, isLeaf, slotOf } from './arena.ts';
import { HASH_SIZE } from './hashing.ts';
import type { PairHasher } from './pair-hasher.ts';

/** Pairs hashed in one call at most: enough to be fast, little enough to stay in cache. */
const BLOCK = 1024;

/** Brings hashes up to date: each stale node once, level by level from the deepest. */
export class Rehash {
  readonly #hashPairs: PairHasher;
  readonly #pairs = new Int32Array((BLOCK * 2 * HASH_SIZE) / 4);
  readonly #hashes = new Int32Array((BLOCK * HASH_SIZE) / 4);
  readonly #leaf = new Uint8Array(1 + 2 * HASH_SIZE);

  constructor(hashPairs: PairHasher) {
    this.#hashPairs = hashPairs;
  }

  /** Of the trees below these edges; their leaves are hashed under `leafTag`. */
  run(arena: Arena, roots: readonly number[], leafTag: number): void {
    const levels: number[][] = [];
    for (let edges = roots; edges.length > 0; ) {
      const inner: number[] = [];
      const next: number[] = [];
      for (const edge of edges) {
        const reference = arena.below(edge);
        if (!arena.isStale(slotOf(reference))) continue;
        arena.markFresh(slotOf(reference));
        if (isLeaf(reference)) {
          this.#hashLeaf(arena, edge, leafTag);
        } else {
          inner.push(edge);
          next.push(reference, reference + 1);
        }
      }
      levels.push(inner);
      edges = next;
    }
    for (const level of levels.reverse()) this.#hashLevel(arena, level);
  }

  #hashLeaf(arena: Arena, edge: number, tag: number): void {
    const from = slotOf(arena.below(edge)) * 2 * HASH_SIZE;
    this.#leaf[0] = tag;
    this.#leaf.set(arena.bytes.subarray(from, from + 2 * HASH_SIZE), 1);
    arena.write(edge, sha256(this.#leaf));
  }

  #hashLevel(arena: Arena, level: readonly number[]): void {
    const pairBytes = new Uint8Array(this.#pairs.buffer);
    const hashBytes = new Uint8Array(this.#hashes.buffer);
    for (let from = 0; from < level.length; from += BLOCK) {
      const edges = level.slice(from, from + BLOCK);
      edges.forEach((edge, at) => {
        arena.copySlot(slotOf(arena.below(edge)), this.#pairs, at);
      });
      this.#hashPairs(
        pairBytes.subarray(0, edges.length * 2 * HASH_SIZE),
        hashBytes.subarray(0, edges.length * HASH_SIZE),
      );
      arena.scatter(edges, this.#hashes);
    }
  }
}
