import { encodeBase64 } from '@ioi/basis';
import { consistencyProof, inclusionProof, type NodeReader, nodesFromLeaves } from '@ioi/merkle';
import type { ConsistencyProof, IncludedEntry } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** A note with both signatures and how many entries it covers. */
export type Cosigned = { readonly note: string; readonly size: number };

/** That the log of the note begins with the log as it was at `from`. */
export function proveContinues(
  reader: HeadReader,
  { note, size }: Cosigned,
  from: number,
): ConsistencyProof | undefined {
  if (!Number.isSafeInteger(from) || from < 1 || from > size) return undefined;
  const leaves = reader.leaves(size);
  const path = consistencyProof(nodesOf(leaves), from, size);
  return { note, genesis: genesisIn(reader, leaves), path: path.map(encodeBase64) };
}

/** It names the keys by which the note is checked. */
function genesisIn(reader: HeadReader, leaves: readonly Uint8Array[]): IncludedEntry {
  const path = inclusionProof(nodesOf(leaves), 0, leaves.length);
  const [text = ''] = reader.texts(0, 1);
  return { seq: '0', text, path: path.map(encodeBase64) };
}

function nodesOf(leaves: readonly Uint8Array[]): NodeReader {
  return nodesFromLeaves((index) => leaves[index] as Uint8Array);
}
