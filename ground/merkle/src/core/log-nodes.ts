import { nodeHash } from './hashing.ts';

/** The leaf hash at an index below the size in question. */
export type LeafReader = (index: number) => Uint8Array;

/** The root of a perfect subtree of the log: of the `2^level` leaves from `index * 2^level` on. */
export type NodeReader = (level: number, index: number) => Uint8Array;

/** A perfect subtree, complete and never to change again: what a store keeps to prove quickly. */
export type LogNode = {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
};

/** Computes each node from all leaves below it: for short logs, and to check stored nodes. */
export function nodesFromLeaves(leafAt: LeafReader): NodeReader {
  const nodeAt: NodeReader = (level, index) =>
    level === 0
      ? leafAt(index)
      : nodeHash(nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1));
  return nodeAt;
}
