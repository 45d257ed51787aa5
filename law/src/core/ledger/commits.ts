import { err, ok, type Result } from '@ioi/basis';
import type { CommitSummary, LogEntry, Rejection } from '@ioi/protocol';
import { commitSummaryOf } from './entry.ts';

/** One sealed commit: positions in the log, the last of them its commit entry. */
export type CommitRange = {
  readonly first: number;
  readonly last: number;
  readonly summary: CommitSummary;
};

/**
 * Cuts a run of entries into commits, oldest first. Reads backwards, since a recovery commit
 * covers whatever a crash had left before it, earlier commit entries included: those sealed
 * nothing. Rejects with `log.open_end` or `log.bad_commit`.
 */
export function commitRanges(entries: readonly LogEntry[]): Result<CommitRange[], Rejection> {
  const start = Number(entries[0]?.seq ?? 0);
  const ranges: CommitRange[] = [];
  let last = start + entries.length - 1;
  while (last >= start) {
    const entry = entries[last - start];
    const summary = entry && commitSummaryOf(entry);
    if (!summary) {
      return err({ code: 'log.open_end', message: `entry ${last} does not close a commit` });
    }
    const first = Number(summary.first_seq);
    if (first < start || first > last) {
      return err({ code: 'log.bad_commit', message: `commit at ${last} begins at ${first}` });
    }
    ranges.push({ first, last, summary });
    last = first - 1;
  }
  return ok(ranges.reverse());
}

/** Entries of a commit that have effect: not the voided, not commit entries. */
export function effectiveEntries(
  entries: readonly LogEntry[],
  range: CommitRange,
): readonly LogEntry[] {
  const start = Number(entries[0]?.seq ?? 0);
  const voided = new Set(range.summary.voided.map((each) => each.seq));
  return entries
    .slice(range.first - start, range.last - start)
    .filter((entry) => !voided.has(entry.seq) && !commitSummaryOf(entry));
}
