import { consistencyProof, inclusionProof, type NodeReader } from '@ioi/merkle';
import type { LogStore } from '../core/index.ts';
import { LogFault } from './log-faults.ts';

const HASH_BYTES = 32;

/** Path of an entry to the root of the log at `size`; reads as many rows as it has hashes. */
export function proveInclusion(store: LogStore, seq: number, size: number): Promise<Uint8Array[]> {
  return proved(store, (nodes) => inclusionProof(nodes, seq, size));
}

/** That the log at `to` begins with the log at `from`. */
export function proveConsistency(store: LogStore, from: number, to: number): Promise<Uint8Array[]> {
  return proved(store, (nodes) => consistencyProof(nodes, from, to));
}

type Node = { readonly level: number; readonly index: number };

/** Asks once for every node the proof needs, since a store may answer later only. */
async function proved(
  store: LogStore,
  prove: (nodes: NodeReader) => Uint8Array[],
): Promise<Uint8Array[]> {
  const wanted = new Map<string, Node>();
  prove((level, index) => {
    wanted.set(`${level}/${index}`, { level, index });
    return new Uint8Array(HASH_BYTES);
  });
  const nodes = [...wanted.values()];
  // A perfect subtree is complete with its last entry, and was kept with it.
  const rows = await store.nodes(nodes.map(({ level, index }) => (index + 1) * 2 ** level - 1));
  const hashes = new Map<string, Uint8Array>();
  nodes.forEach(({ level, index }, at) => {
    const row = rows[at] ?? new Uint8Array();
    hashes.set(`${level}/${index}`, row.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES));
  });
  return prove((level, index) => {
    const hash = hashes.get(`${level}/${index}`);
    if (hash?.length === HASH_BYTES) return hash;
    throw new LogFault('log.damaged', `the log has no node ${level}/${index}`);
  });
}
