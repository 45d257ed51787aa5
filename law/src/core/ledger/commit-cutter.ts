import { err, ok, type Result } from '@ioi/basis';
import type { LogEntry, Rejection } from '@ioi/protocol';
import type { CommitRange } from './commits.ts';
import { commitSummaryOf } from './entry.ts';

/**
 * Closed commits a recovery may still reach back over. A writer has at most a few unsealed at a
 * time, and a recovery that crashed itself is covered as a whole by the next.
 */
const MOST_UNSEALED = 16;
/** Entries one commit may have: many times what a writer batches, so that memory is bounded. */
const MOST_ENTRIES = 8_192;

type HasEntry = { readonly entry: LogEntry };

/** A commit with everything that stands in its range; the last item is its commit entry. */
export type CutCommit<T extends HasEntry> = { readonly range: CommitRange; readonly items: T[] };

/**
 * `commitRanges` for a log that is read once, oldest first. A commit is handed on when nothing
 * that follows can be a recovery that covers it. Rejects with `log.bad_commit` or `log.open_end`.
 */
export class CommitCutter<T extends HasEntry> {
  #open: T[] = [];
  #closed: CutCommit<T>[] = [];

  /** Commits that became final with this item. */
  take(item: T): Result<readonly CutCommit<T>[], Rejection> {
    this.#open.push(item);
    const summary = commitSummaryOf(item.entry);
    if (!summary) {
      if (this.#open.length < MOST_ENTRIES) return ok([]);
      return bad(`entry ${item.entry.seq} is too far from the commit before it`);
    }
    const from = this.#firstCovered(summary.first_seq);
    if (from < 0 || (from < this.#closed.length && !summary.recovered)) {
      return bad(`commit at ${item.entry.seq} begins at ${summary.first_seq}`);
    }
    const covered = this.#closed.splice(from).flatMap((commit) => commit.items);
    const items = [...covered, ...this.#open];
    if (items.length > MOST_ENTRIES) return bad(`commit at ${item.entry.seq} is too large`);
    const [first, last] = [Number(summary.first_seq), Number(item.entry.seq)];
    this.#closed.push({ range: { first, last, summary }, items });
    this.#open = [];
    return ok(this.#closed.splice(0, Math.max(0, this.#closed.length - MOST_UNSEALED)));
  }

  /** What is left once the log has ended: every commit is final now. */
  finish(): Result<readonly CutCommit<T>[], Rejection> {
    const last = this.#open.at(-1);
    if (last === undefined) return ok(this.#closed.splice(0));
    return err({ code: 'log.open_end', message: `entry ${last.entry.seq} closes no commit` });
  }

  /** Which closed commit begins there; their count when only open entries do; else -1. */
  #firstCovered(firstSeq: string): number {
    if (this.#open[0]?.entry.seq === firstSeq) return this.#closed.length;
    return this.#closed.findIndex((commit) => commit.items[0]?.entry.seq === firstSeq);
  }
}

/** Items of a commit that have effect: not the voided, not commit entries. */
export function effectiveItems<T extends HasEntry>({ range, items }: CutCommit<T>): T[] {
  const voided = new Set(range.summary.voided.map((each) => each.seq));
  return items.filter(({ entry }) => !voided.has(entry.seq) && !commitSummaryOf(entry));
}

function bad(message: string): Result<never, Rejection> {
  return err({ code: 'log.bad_commit', message });
}
