import { assert, err, ok, type Result } from '@ioi/basis';
import type { MerkleError } from './codes.ts';
import { emptyRoot, HASH_SIZE, NODE_INPUT_SIZE, nodeHash } from './hashing.ts';
import type { LogNode } from './log-nodes.ts';

/** A frontier as data: the size of the log and the root of each perfect subtree, largest first. */
export type FrontierState = { readonly size: number; readonly peaks: readonly Uint8Array[] };

/** What appending gives: the new frontier, and every node that is now complete, in order. */
export type Extension = { readonly frontier: Frontier; readonly nodes: readonly LogNode[] };

/**
 * All that appending to an RFC 6962 log needs to know of it: at most 53 hashes.
 * A value: `append` returns a new frontier, so a commit that fails simply drops it.
 */
export class Frontier {
  static readonly empty = new Frontier(0, []);

  readonly size: number;
  readonly #peaks: readonly Uint8Array[];
  #root: Uint8Array | undefined;

  private constructor(size: number, peaks: readonly Uint8Array[]) {
    this.size = size;
    this.#peaks = peaks;
  }

  /** Takes back what `serialise` gave; refuses what cannot be the frontier of any log. */
  static restore(state: FrontierState): Result<Frontier, MerkleError> {
    if (!Number.isSafeInteger(state.size) || state.size < 0) {
      return err({ code: 'merkle.bad_index', message: 'a log size is a safe integer from 0 up' });
    }
    if (state.peaks.some((peak) => peak.length !== HASH_SIZE)) {
      return err({ code: 'merkle.bad_hash_length', message: `a peak has ${HASH_SIZE} bytes` });
    }
    const expected = state.size.toString(2).replaceAll('0', '').length;
    if (state.peaks.length !== expected) {
      const message = `a log of ${state.size} has ${expected} peaks, not ${state.peaks.length}`;
      return err({ code: 'merkle.bad_proof_length', message });
    }
    return ok(new Frontier(state.size, [...state.peaks]));
  }

  serialise(): FrontierState {
    return { size: this.size, peaks: [...this.#peaks] };
  }

  append(leaf: Uint8Array): Frontier {
    return this.extend([leaf]).frontier;
  }

  /** Appends leaves, and gives the perfect subtrees that they complete, themselves among them. */
  extend(leaves: Iterable<Uint8Array>): Extension {
    const peaks = [...this.#peaks];
    const nodes: LogNode[] = [];
    const input = new Uint8Array(NODE_INPUT_SIZE);
    let { size } = this;
    for (const leaf of leaves) {
      assert(leaf.length === HASH_SIZE, 'append takes a leaf hash');
      assert(size < Number.MAX_SAFE_INTEGER, 'a log holds fewer than 2^53 entries');
      let node: LogNode = { level: 0, index: size, hash: leaf };
      nodes.push(node);
      // Each trailing one bit of the size is a perfect subtree that the new leaf completes.
      while (node.index % 2 === 1) {
        const hash = nodeHash(peaks.pop() as Uint8Array, node.hash, input);
        node = { level: node.level + 1, index: Math.floor(node.index / 2), hash };
        nodes.push(node);
      }
      peaks.push(node.hash);
      size += 1;
    }
    return { frontier: new Frontier(size, peaks), nodes };
  }

  /** RFC 6962 2.1: the Merkle tree hash of everything appended. */
  root(): Uint8Array {
    // A frontier never changes, so its root is computed once.
    this.#root ??= this.#computeRoot();
    return this.#root;
  }

  #computeRoot(): Uint8Array {
    let root: Uint8Array | undefined;
    for (let at = this.#peaks.length - 1; at >= 0; at -= 1) {
      const peak = this.#peaks[at] as Uint8Array;
      root = root === undefined ? peak : nodeHash(peak, root);
    }
    return root ?? emptyRoot();
  }
}

/** The root of a log with these leaf hashes. */
export function rootOf(leaves: Iterable<Uint8Array>): Uint8Array {
  let frontier = Frontier.empty;
  for (const leaf of leaves) frontier = frontier.append(leaf);
  return frontier.root();
}
