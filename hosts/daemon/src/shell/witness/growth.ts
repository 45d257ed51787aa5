import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { consistencyProof, Frontier, nodesFromGrowth } from '@ioi/merkle';

/** Leaf hashes of sealed entries, and how many are sealed now. */
export type LeafSource = {
  readonly size: number;
  leaves(from: number, to: number): readonly Uint8Array[];
};

/** Leaves hashed in one turn of the event loop: a few milliseconds. */
const CHUNK = 4096;
const UNWRITTEN_MS = 5;

/**
 * The frontier of a log at a size, folded on from a smaller one. A checkpoint may be heard of
 * before its entries are in the store: others go on meanwhile, among them whoever writes them.
 */
export async function frontierAt(
  source: LeafSource,
  size: number,
  from: Frontier = Frontier.empty,
): Promise<Frontier> {
  let frontier = from;
  while (frontier.size < size) {
    const { size: before } = frontier;
    const next = Math.min(before + CHUNK, size);
    frontier = frontier.extend(source.leaves(before, next)).frontier;
    if (frontier.size === before) await sleep(UNWRITTEN_MS, undefined, { ref: false });
    else if (frontier.size < size) await turn();
  }
  return frontier;
}

/** RFC 6962 2.1.2, from a frontier to a size; reads only what was appended between. */
export function growthProof(source: LeafSource, old: Frontier, size: number): Uint8Array[] {
  if (old.size === 0) return [];
  const leaves = source.leaves(old.size, size);
  const nodeAt = nodesFromGrowth(old, (index) => leaves[index - old.size] as Uint8Array);
  return consistencyProof(nodeAt, old.size, size);
}
