import { formatTlogProof } from '@ioi/merkle';
import type { ConsistencyProof } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** A note with both signatures and how many entries it covers. */
export type Cosigned = { readonly note: string; readonly size: number };

/** That the log of the note begins with the log as it was at `from`. */
export async function proveContinues(
  reader: HeadReader,
  { note, size }: Cosigned,
  from: number,
): Promise<ConsistencyProof | undefined> {
  if (!Number.isSafeInteger(from) || from < 1 || from > size) return undefined;
  // Genesis names the keys by which the note is checked.
  const genesis = await reader.included(0, size);
  return { note, genesis, path: await reader.continues(from, size) };
}

/** C2SP tlog-proof: that the entry is in the log of a note, with whatever signatures it carries. */
export async function proveIncluded(
  reader: HeadReader,
  { note, size }: Cosigned,
  seq: number,
): Promise<string | undefined> {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= size) return undefined;
  const path = await reader.path(seq, size);
  return formatTlogProof({ index: seq, path, checkpoint: note });
}
