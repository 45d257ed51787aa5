import type { LogEntry } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** Entries a person means by an id: a position, or any reference or the beginning of one. */
export function entriesOf(reader: HeadReader, id: string): LogEntry[] {
  if (/^[0-9]{1,15}$/.test(id) && Number(id) < reader.size) {
    const entry = reader.entry(Number(id));
    return entry ? [entry] : [];
  }
  const isBare = /^[0-9a-f]{6,64}$/.test(id);
  const prefix = isBare ? `sha256:${id}` : id;
  if (prefix.length < 'sha256:'.length + 4) return [];
  const found = reader.find(prefix, 64);
  // A commit of git is named by its digits alone.
  const seqs = found.length === 0 && isBare ? reader.find(id, 64) : found;
  return seqs.flatMap((seq) => reader.entry(seq) ?? []).reverse();
}
