import { encodeHex } from '@ioi/basis';
import {
  COMMIT_OPERATION,
  CommitCutter,
  type CutCommit,
  commitSummaryOf,
  effectiveItems,
} from '@ioi/law';
import { type Frontier, leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { LogFault } from '../log-faults.ts';
import type { SealedLog } from './sealed-log.ts';

/** The log after a commit: what a watermark stands for. */
export type Mark = {
  /** Entries folded: the commit entry is the one before. */
  readonly size: number;
  readonly frontier: Frontier;
  readonly chainTime: string;
  readonly stateRoot: string;
};

/** A commit with the entries that have effect and may concern someone. */
export type FoldedCommit = { readonly mark: Mark; readonly entries: readonly LogEntry[] };

/** The frontier stands at commit entries only. */
type Item = { readonly entry: LogEntry; readonly frontier: Frontier | undefined };

/** Entries whose text is parsed only when it can matter. */
const NEEDLES_MAX = 6;
const COMMIT_NEEDLE = `"operation":"${COMMIT_OPERATION}"`;

/**
 * Reads a sealed log forwards, commit by commit, in bounded steps. An entry is parsed when its
 * text holds the name of an event somebody folds; canonical text spells a name in one way only,
 * so where it is not to be found there is no such event.
 */
export class CommitReader {
  readonly #log: SealedLog;
  readonly #needles: readonly string[];
  readonly #cutter = new CommitCutter<Item>();
  #frontier: Frontier;
  /** Leaves after the frontier: it is moved at commit entries only. */
  #pending: Uint8Array[] = [];

  constructor(log: SealedLog, from: Frontier, types: Iterable<string>) {
    this.#log = log;
    this.#frontier = from;
    const names = [...types];
    this.#needles = names.length > NEEDLES_MAX ? [] : names.map((type) => `"type":"${type}"`);
  }

  /** Commits that end within the next `most` entries of a log that is sealed up to `sealed`. */
  read(most: number, sealed: number): FoldedCommit[] {
    const from = this.#frontier.size + this.#pending.length;
    const to = Math.min(from + most, sealed);
    const texts = this.#log.read(from, to);
    if (texts.length !== to - from) {
      throw new LogFault('log.damaged', `entries ${from} to ${to - 1} are not all there`);
    }
    const commits: FoldedCommit[] = [];
    texts.forEach((text, index) => {
      // From the text, not from a stored hash: what is folded is what was sealed.
      this.#pending.push(leafHash(text));
      const entry = this.#parse(text, from + index);
      this.#hand(this.#cutter.take({ entry, frontier: this.#frontierAt(entry) }), commits);
    });
    // Everything up to the seal is final: no recovery reaches back over it.
    if (to === sealed) this.#hand(this.#cutter.finish(), commits);
    return commits;
  }

  #frontierAt({ operation }: LogEntry): Frontier | undefined {
    if (operation !== COMMIT_OPERATION) return undefined;
    this.#frontier = this.#frontier.extend(this.#pending).frontier;
    this.#pending = [];
    return this.#frontier;
  }

  #parse(text: string, seq: number): LogEntry {
    if (this.#needles.length > 0 && !this.#matters(text)) {
      return { seq: String(seq), operation: '', events: [] } as unknown as LogEntry;
    }
    return JSON.parse(text) as LogEntry;
  }

  #matters(text: string): boolean {
    for (const needle of this.#needles) if (text.includes(needle)) return true;
    return text.includes(COMMIT_NEEDLE);
  }

  #hand(cut: ReturnType<CommitCutter<Item>['take']>, commits: FoldedCommit[]): void {
    if (!cut.ok) throw new LogFault('log.damaged', cut.error.message);
    commits.push(...cut.value.map(folded));
  }
}

function folded(commit: CutCommit<Item>): FoldedCommit {
  const { entry, frontier } = commit.items.at(-1) as Item & { frontier: Frontier };
  const stateRoot = commitSummaryOf(entry)?.state_root ?? '';
  const mark = { size: frontier.size, frontier, chainTime: entry.chain_time, stateRoot };
  return { mark, entries: effectiveItems(commit).map((item) => item.entry) };
}

/** A log root as watermarks and tokens carry it. */
export function rootText(frontier: Frontier): `sha256:${string}` {
  return `sha256:${encodeHex(frontier.root())}`;
}
