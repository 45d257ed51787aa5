import { epochOriginOf, keys, type NodeHead, sealerNamedIn } from '@ioi/law';
import type { Genesis, IncludedEntry, LogEntry } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** Origins of epochs that begin with the same digits. */
const MOST_ALIKE = 1000;

/** The entries that say who seals, as proofs carry them: of the log at `size`. */
export async function sealersIn(
  reader: HeadReader,
  size: number,
): Promise<{ genesis: IncludedEntry; epochs?: IncludedEntry[] }> {
  const genesis = await reader.included(0, size);
  const epochs: IncludedEntry[] = [];
  for (const seq of epochSeqs(reader, size)) epochs.push(await reader.included(seq, size));
  return epochs.length === 0 ? { genesis } : { genesis, epochs };
}

/** A commit entry as proofs carry it: with what follows, which shows that it was sealed. */
export async function shownCommit(
  reader: HeadReader,
  seq: number,
  size: number,
): Promise<{ commit: IncludedEntry; next?: IncludedEntry }> {
  const commit = await reader.included(seq, size);
  return seq === size - 1 ? { commit } : { commit, next: await reader.included(seq + 1, size) };
}

/** Where each epoch but the first begins, among the first `size` entries. */
export function epochSeqs(reader: HeadReader, size: number): number[] {
  const genesis = reader.entry(0)?.payload as Genesis | undefined;
  const last = Number(reader.get<NodeHead>(keys.node)?.epoch ?? 0);
  const seqs: number[] = [];
  for (let epoch = Number(genesis?.epoch) + 1; genesis && epoch <= last; epoch += 1) {
    const origin = epochOriginOf(genesis.origin, String(epoch));
    const seq = reader.find(origin, MOST_ALIKE).find((each) => begins(reader.entry(each), origin));
    if (seq !== undefined && seq < size) seqs.push(seq);
  }
  return seqs;
}

function begins(entry: LogEntry | undefined, origin: string): boolean {
  return entry !== undefined && sealerNamedIn(entry)?.origin === origin;
}
