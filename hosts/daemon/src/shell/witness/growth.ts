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
/** How long entries that were sealed may be on their way to the store. */
const PATIENCE_MS = 10_000;

/** A checkpoint covers entries that the store does not get. */
export class EntriesMissing extends Error {
  readonly code = 'witness.entries_missing';
}

/**
 * The frontier of a log at a size, folded on from a smaller one. A checkpoint may be heard of
 * before its entries are in the store: others go on meanwhile, among them whoever writes them.
 * Throws `EntriesMissing` where none came for so many milliseconds.
 */
export async function frontierAt(
  source: LeafSource,
  size: number,
  from: Frontier = Frontier.empty,
  patienceMs: number = PATIENCE_MS,
): Promise<Frontier> {
  let frontier = from;
  let since = performance.now();
  while (frontier.size < size) {
    const { size: before } = frontier;
    const next = Math.min(before + CHUNK, size);
    frontier = frontier.extend(source.leaves(before, next)).frontier;
    if (frontier.size > before) {
      since = performance.now();
      if (frontier.size < size) await turn();
    } else if (performance.now() - since < patienceMs) {
      await sleep(UNWRITTEN_MS, undefined, { ref: false });
    } else {
      const message = `${size} entries were sealed, the store has ${before}`;
      throw new EntriesMissing(`${message}: ioi agentgres doctor says what is wrong`);
    }
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
