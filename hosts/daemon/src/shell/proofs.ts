import { encodeBase64 } from '@ioi/basis';
import { consistencyProof, inclusionProof } from '@ioi/merkle';
import type { ConsistencyProof, IncludedEntry, ReceiptProof } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** A note with both signatures and how many entries it covers. */
export type Cosigned = { readonly note: string; readonly size: number };

/** Genesis and one entry with their paths; undefined when the entry lies beyond the note. */
export function proveEntry(
  reader: HeadReader,
  { note, size }: Cosigned,
  seq: number,
): ReceiptProof | undefined {
  if (!(seq < size)) return undefined;
  const leaves = reader.leaves(size);
  return { note, entries: [0, seq].map((each) => included(reader, leaves, each)) };
}

/** That the log of the note begins with the log as it was at `from`. */
export function proveContinues(
  reader: HeadReader,
  { note, size }: Cosigned,
  from: number,
): ConsistencyProof | undefined {
  if (!Number.isSafeInteger(from) || from < 1 || from > size) return undefined;
  const leaves = reader.leaves(size);
  const path = consistencyProof((index) => leaves[index] as Uint8Array, from, size);
  return { note, genesis: included(reader, leaves, 0), path: path.map(encodeBase64) };
}

function included(reader: HeadReader, leaves: readonly Uint8Array[], seq: number): IncludedEntry {
  const path = inclusionProof((index) => leaves[index] as Uint8Array, seq, leaves.length);
  const [text = ''] = reader.texts(seq, seq + 1);
  return { seq: String(seq), text, path: path.map(encodeBase64) };
}
