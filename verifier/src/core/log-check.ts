import type { Result } from '@ioi/basis';
import { CommitCutter } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import type { PlacedCommit, PlacedEntry } from './commit-rules.ts';
import type { Epochs } from './epochs.ts';
import type { PayloadShelf } from './payload-shelf.ts';
import { Replay } from './replay.ts';
import { type Summary, Tally } from './tally.ts';
import { checkHead, type Trust } from './trust.ts';

/** What the entries mean: cut into commits, decided again, counted. */
export class LogCheck {
  readonly #trust: Trust;
  readonly #payloads: PayloadShelf;
  readonly #replay: Replay;
  readonly #cutter = new CommitCutter<PlacedEntry>();
  readonly #tally = new Tally();
  readonly #remembered: readonly number[];
  #entries = 0;

  /** `remembered` are sizes of checkpoints that are known to have been sealed. */
  constructor(trust: Trust, payloads: PayloadShelf, remembered: readonly number[] = []) {
    this.#trust = trust;
    this.#payloads = payloads;
    this.#remembered = remembered;
    this.#replay = new Replay(trust, payloads);
  }

  /** Those that were found true so far; all of them once the log has ended. */
  get epochs(): Epochs {
    return this.#replay.epochs;
  }

  /** Takes the next entry; a finding ends the check. */
  take(item: PlacedEntry): Finding | undefined {
    const { line } = item;
    const { seq } = item.entry;
    const position = String(this.#entries);
    if (seq !== position) {
      const message = `entry ${position} says it is entry ${seq}`;
      return { code: 'log.wrong_seq', message, line, seq: position };
    }
    this.#entries += 1;
    const broken = this.#takeCommits(this.#cutter.take(item));
    return broken && { line, seq, ...broken };
  }

  /** Once the log has ended, under this note: whoever seals at its end signed it. */
  finish(note: string): Finding | undefined {
    const broken = this.#takeCommits(this.#cutter.finish()) ?? this.#payloads.finish();
    const head = checkHead(note, this.epochs.current);
    return broken ?? (head.ok ? undefined : head.error);
  }

  /** Of a log that ended without a finding. */
  summary(checkpoint: string): Summary {
    const log = { entries: this.#entries, checkpoint };
    const { heads, unseen } = this.#replay;
    return this.#tally.summary(this.#trust.genesis, heads, { ...log, forgotten: unseen });
  }

  #takeCommits(commits: Result<readonly PlacedCommit[], Rejection>): Finding | undefined {
    if (!commits.ok) return { code: 'commit.malformed', message: commits.error.message };
    for (const commit of commits.value) {
      const broken = this.#replay.take(commit) ?? this.#undone(commit);
      if (broken) return broken;
      this.#tally.take(commit);
    }
    return undefined;
  }

  /** A recovery voids what was never sealed; what is remembered was. */
  #undone({ range, items }: PlacedCommit): Finding | undefined {
    const { first, last, summary } = range;
    const size = this.#remembered.find((each) => each > first && each <= last);
    if (!summary.recovered || size === undefined) return undefined;
    const message = `a recovery from entry ${first} on undoes what was sealed with ${size} entries`;
    const closing = items.at(-1);
    return {
      code: 'expect.fork',
      message,
      seq: String(last),
      ...(closing && { line: closing.line }),
    };
  }
}
