import { err, ok, type Result } from '@ioi/basis';
import type { LogEntry, Refolded, Rejection } from '@ioi/protocol';
import { foldEntries, type Modules } from './admit.ts';
import { CommitCutter, type CutCommit, effectiveItems } from './commit-cutter.ts';
import { type HeadText, HeadTexts, headTextOf } from './heads.ts';

/** A commit folded again: the log as long as it was after it, and what it changed. */
export type RefoldedCommit = {
  readonly size: number;
  /** That its commit entry carries. */
  readonly stateRoot: string;
  readonly changes: readonly HeadText[];
};

type Item = { readonly entry: LogEntry };

/**
 * Folds a log from genesis, whatever its heads files hold. Texts are only parsed: whoever asks
 * whether they are the sealed ones hashes them.
 */
export class LogFold {
  readonly heads = new HeadTexts();
  readonly #modules: Modules;
  readonly #cutter = new CommitCutter<Item>();
  /** How often each operation had effect. */
  readonly #operations = new Map<string, number>();
  #commits = 0;
  #last: { readonly chainTime: string; readonly stateRoot: string } | undefined;

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  /** What there is of the log so far. */
  report(entries: number): Refolded {
    const objects: Record<string, number> = {};
    for (const { headClass } of this.heads.all()) {
      objects[headClass] = (objects[headClass] ?? 0) + 1;
    }
    return {
      entries,
      commits: this.#commits,
      chain_time: this.#last?.chainTime ?? '0',
      state_root: this.#last?.stateRoot ?? '',
      operations: Object.fromEntries(this.#operations),
      objects,
    };
  }

  /** Commits that became final; rejects where the log cannot be folded. */
  take(texts: readonly string[]): Result<RefoldedCommit[], Rejection> {
    const done: RefoldedCommit[] = [];
    for (const text of texts) {
      const entry = entryIn(text);
      const cut = entry.ok ? this.#cutter.take({ entry: entry.value }) : entry;
      const folded = cut.ok ? this.#fold(cut.value) : cut;
      if (!folded.ok) return folded;
      done.push(...folded.value);
    }
    return ok(done);
  }

  /** The rest, once the last text was taken: the log ends with a commit. */
  finish(): Result<RefoldedCommit[], Rejection> {
    const cut = this.#cutter.finish();
    return cut.ok ? this.#fold(cut.value) : cut;
  }

  #fold(commits: readonly CutCommit<Item>[]): Result<RefoldedCommit[], Rejection> {
    const done: RefoldedCommit[] = [];
    for (const commit of commits) {
      const entries = effectiveItems(commit).map(({ entry }) => entry);
      const folded = foldEntries(entries, this.#modules, this.heads);
      if (!folded.ok) return folded;
      const changes = folded.value.map(headTextOf);
      this.heads.apply(changes);
      for (const { operation } of entries) {
        this.#operations.set(operation, (this.#operations.get(operation) ?? 0) + 1);
      }
      this.#commits += 1;
      const chainTime = commit.items.at(-1)?.entry.chain_time ?? '0';
      this.#last = { chainTime, stateRoot: commit.range.summary.state_root };
      const { last, summary } = commit.range;
      done.push({ size: last + 1, stateRoot: summary.state_root, changes });
    }
    return ok(done);
  }
}

function entryIn(text: string): Result<LogEntry, Rejection> {
  try {
    return ok(JSON.parse(text) as LogEntry);
  } catch {
    return err({ code: 'log.entry_invalid', message: 'an entry is no JSON' });
  }
}
