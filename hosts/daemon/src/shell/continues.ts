import { encodeBase64 } from '@ioi/basis';
import {
  consistencyProof,
  formatTlogProof,
  inclusionProof,
  type NodeReader,
  nodesFromLeaves,
} from '@ioi/merkle';
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
  const leaves = reader.leaves(0, size);
  const path = consistencyProof(nodesOf(leaves), from, size);
  // Genesis names the keys by which the note is checked.
  return { note, genesis: includedIn(reader, leaves, 0), path: path.map(encodeBase64) };
}

/** An entry with its path to the root over these leaves, the first of the log. */
export function includedIn(
  reader: HeadReader,
  leaves: readonly Uint8Array[],
  seq: number,
): IncludedEntry {
  const path = inclusionProof(nodesOf(leaves), seq, leaves.length);
  const [text = ''] = reader.texts(seq, seq + 1);
  return { seq: String(seq), text, path: path.map(encodeBase64) };
}

/** C2SP tlog-proof: that the entry is in the log of a note, with whatever signatures it carries. */
export function proveIncluded(
  reader: HeadReader,
  { note, size }: Cosigned,
  seq: number,
): string | undefined {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= size) return undefined;
  const path = inclusionProof(nodesOf(reader.leaves(0, size)), seq, size);
  return formatTlogProof({ index: seq, path, checkpoint: note });
}

function nodesOf(leaves: readonly Uint8Array[]): NodeReader {
  return nodesFromLeaves((index) => leaves[index] as Uint8Array);
}
