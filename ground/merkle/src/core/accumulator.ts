import { assert } from '@ioi/basis';
import { Frontier } from './frontier.ts';
import type { NodeReader } from './log-nodes.ts';
import { inclusionProof } from './log-proof.ts';

/**
 * A short log in memory that proves what it holds: all nodes are kept, so a proof hashes next to
 * nothing. Leaves are leaf hashes; it is made again by appending them again.
 */
export class Accumulator {
  #frontier = Frontier.empty;
  readonly #levels: Uint8Array[][] = [];

  get size(): number {
    return this.#frontier.size;
  }

  append(leaf: Uint8Array): void {
    const { frontier, nodes } = this.#frontier.extend([leaf]);
    for (const { level, hash } of nodes) {
      const row = this.#levels[level] ?? [];
      row.push(hash);
      this.#levels[level] = row;
    }
    this.#frontier = frontier;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** The path that ties a leaf to the root there was at `size`. */
  prove(index: number, size = this.size): Uint8Array[] {
    assert(size <= this.size, 'the accumulator is not that large yet');
    return inclusionProof(this.nodeAt, index, size);
  }

  readonly nodeAt: NodeReader = (level, index) => {
    const hash = this.#levels[level]?.[index];
    assert(hash !== undefined, 'only complete subtrees are nodes');
    return hash;
  };
}
