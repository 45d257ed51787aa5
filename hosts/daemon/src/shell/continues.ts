import { encodeBase64 } from '@ioi/basis';
import { epochOriginOf, keys, type NodeHead, sealerNamedIn } from '@ioi/law';
import { consistencyProof, inclusionProof, type NodeReader, nodesFromLeaves } from '@ioi/merkle';
import type { ConsistencyProof, Genesis, IncludedEntry, LogEntry } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** Origins of epochs that begin with the same digits. */
const MOST_ALIKE = 1000;

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
  // Genesis and the changes of epoch name the keys by which the notes are checked.
  const genesis = includedIn(reader, leaves, 0);
  const epochs = epochSeqs(reader, size).map((seq) => includedIn(reader, leaves, seq));
  const changed = epochs.length === 0 ? {} : { epochs };
  return { note, genesis, ...changed, path: path.map(encodeBase64) };
}

function includedIn(reader: HeadReader, leaves: readonly Uint8Array[], seq: number): IncludedEntry {
  const path = inclusionProof(nodesOf(leaves), seq, leaves.length);
  const [text = ''] = reader.texts(seq, seq + 1);
  return { seq: String(seq), text, path: path.map(encodeBase64) };
}

/** Where each epoch but the first begins, among the first `size` entries. */
function epochSeqs(reader: HeadReader, size: number): number[] {
  const genesis = reader.entry(0)?.payload as Genesis | undefined;
  const last = Number(reader.get<NodeHead>(keys.node)?.epoch ?? 0);
  const seqs: number[] = [];
  for (let epoch = 1; epoch <= last && genesis; epoch += 1) {
    const origin = epochOriginOf(genesis.origin, String(epoch));
    const seq = reader.find(origin, MOST_ALIKE).find((each) => begins(reader.entry(each), origin));
    if (seq !== undefined && seq < size) seqs.push(seq);
  }
  return seqs;
}

function begins(entry: LogEntry | undefined, origin: string): boolean {
  return entry !== undefined && sealerNamedIn(entry)?.origin === origin;
}

function nodesOf(leaves: readonly Uint8Array[]): NodeReader {
  return nodesFromLeaves((index) => leaves[index] as Uint8Array);
}
