import { ok, type Result } from '@ioi/basis';
import { type CommitHead, commitKey, RECORD_COMMITS_OPERATION } from '@ioi/law';
import type { Rejection, RunCommitsFound, RunCommitsSeen, RunRecorded, View } from '@ioi/protocol';
import type { Writer } from '../writer.ts';

export type CommitReceipts = {
  /** Where the log tells of commits, and of how many in each place. */
  readonly receipts: readonly { readonly entry: string; readonly commits: number }[];
  /** Of which it tells nothing. */
  readonly unreceipted: number;
};

type About = { readonly run_id: string; readonly agent_id: string; readonly session_id: string };
type Carried = {
  readonly count: number;
  readonly ids: readonly string[];
  readonly not_inspected?: string;
};

/** Whoever started a program looks at its folders; a large one takes that long. */
const LOOK_MS = 15_000;
/** Of one push, that are named. */
const MOST_ENTRIES = 64;
const MOST_RECEIPTS = 100;

/** What the log says of commits that came into the repositories of one run. */
export class RunCommits {
  readonly #log: { readonly writer: Writer; readonly reader: View };
  readonly #about: About;
  readonly #waiting = new Map<number, () => void>();
  #say: ((line: string) => void) | undefined;
  #looks = 0;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #seen = { recorded: 0, by_comparison: 0, more: 0 };
  #entries: readonly string[] = [];

  constructor(log: { readonly writer: Writer; readonly reader: View }, about: About) {
    this.#log = log;
    this.#about = about;
  }

  /** By which whoever started the program is asked to look. */
  listen(say: (line: string) => void): void {
    this.#say = say;
  }

  get seen(): RunCommitsSeen | undefined {
    const { recorded, more } = this.#seen;
    if (recorded === 0 && more === 0 && this.#entries.length === 0) return undefined;
    return { ...this.#seen, entries: [...this.#entries] };
  }

  async record(found: RunCommitsFound): Promise<Result<RunRecorded, Rejection>> {
    const { repository, refs, commits, more } = found;
    const payload = { ...this.#about, repository, refs, commits, more };
    const sealed = await this.#log.writer.submit(RECORD_COMMITS_OPERATION, payload);
    if (!sealed.ok) return sealed;
    const { recorded, by_comparison, more: before } = this.#seen;
    this.#seen = {
      recorded: recorded + commits.length,
      by_comparison: by_comparison + commits.filter((each) => each.found === 'comparison').length,
      more: before + more,
    };
    const { seq, operation_id } = sealed.value.entry;
    this.#entries = [...this.#entries, seq].slice(-MOST_RECEIPTS);
    return ok({ seq, operation_id });
  }

  looked(nth: number): void {
    this.#waiting.get(nth)?.();
  }

  /** What is not known yet may have been made a moment ago: then it is looked for. */
  async receiptsOf(carried: Carried): Promise<CommitReceipts> {
    const { ids, count, not_inspected } = carried;
    if (ids.some((id) => this.#headOf(id) === undefined)) await this.#look();
    const entries = new Map<string, number>();
    for (const id of ids) {
      const entry = this.#headOf(id)?.entry;
      if (entry !== undefined) entries.set(entry, (entries.get(entry) ?? 0) + 1);
    }
    const known = [...entries.values()].reduce((sum, each) => sum + each, 0);
    const receipts = [...entries].slice(0, MOST_ENTRIES).map(([entry, commits]) => {
      return { entry, commits };
    });
    // What was not seen of it could be a commit.
    return { receipts, unreceipted: count - known + (not_inspected === undefined ? 0 : 1) };
  }

  #headOf(commit: string): CommitHead | undefined {
    return this.#log.reader.get<CommitHead>(commitKey(commit));
  }

  /** Of many who ask while a look is under way, all wait for the next one. */
  #look(): Promise<void> {
    this.#next ??= this.#underWay.then(() => {
      this.#next = undefined;
      this.#underWay = this.#lookOnce();
      return this.#underWay;
    });
    return this.#next;
  }

  async #lookOnce(): Promise<void> {
    if (this.#say === undefined) return;
    this.#looks += 1;
    const nth = this.#looks;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LOOK_MS);
    this.#waiting.set(nth, resolve);
    this.#say(`${JSON.stringify({ look: nth })}\n`);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(nth);
  }
}

/** What whoever started a run says it found; undefined of what is none. */
export function foundIn(given: unknown): RunCommitsFound | undefined {
  const { repository, refs, commits, more } = Object(given) as RunCommitsFound;
  const isOne = typeof repository === 'string' && Array.isArray(refs) && Array.isArray(commits);
  return isOne && Number.isSafeInteger(more) ? { repository, refs, commits, more } : undefined;
}
