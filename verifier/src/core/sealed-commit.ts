import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { Checkpoint } from '@ioi/crypto';
import { commitSummaryOf, parseEntry } from '@ioi/law';
import type { CommitSummary, IncludedEntry, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { isIncluded } from './head.ts';

/** A commit entry, and what shows that it was sealed. */
type ShownCommit = {
  readonly commit: IncludedEntry;
  /** What follows it, unless the note ends with it. */
  readonly next?: IncludedEntry | undefined;
};

export type SealedCommit = { readonly entry: LogEntry; readonly summary: CommitSummary };

/**
 * A crash may leave a commit in the log that was never sealed; the recovery that voids it has the
 * same height. So a commit counts where the note ends with it, or where the next height follows.
 */
export function sealedCommit(
  { commit: { seq, text, path }, next }: ShownCommit,
  head: Checkpoint,
): Result<SealedCommit, Finding> {
  const parsed = parseEntry(encodeUtf8(text));
  const summary = parsed.ok ? commitSummaryOf(parsed.value.entry) : undefined;
  if (!parsed.ok || !summary) return refuse('commit.malformed', 'there is no commit entry with it');
  const { entry } = parsed.value;
  if (entry.seq !== seq || !isIncluded(parsed.value, path, head)) {
    return refuse('log.root_mismatch', 'the commit is not in this log');
  }
  if (isSealed(entry, next, head)) return ok({ entry, summary });
  return refuse('read.not_sealed', 'nothing shows that the commit was sealed, and not voided');
}

function isSealed(
  { seq, height }: LogEntry,
  next: IncludedEntry | undefined,
  head: Checkpoint,
): boolean {
  if (Number(seq) === head.size - 1) return next === undefined;
  const parsed = next && parseEntry(encodeUtf8(next.text));
  if (!next || !parsed?.ok || !isIncluded(parsed.value, next.path, head)) return false;
  const { entry } = parsed.value;
  const isNext = entry.seq === next.seq && Number(entry.seq) === Number(seq) + 1;
  return isNext && BigInt(entry.height) === BigInt(height) + 1n;
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
