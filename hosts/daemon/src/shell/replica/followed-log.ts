import { mkdirSync } from 'node:fs';
import { rowsOf } from '@ioi/agentgres';
import type { Fetched } from '@ioi/agentgres/postgres';
import { openCopy, referencesTo, SqliteStore, type StateQuestion } from '@ioi/agentgres/shell';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import {
  CommitCutter,
  type CutCommit,
  EPOCH_CHANGE,
  effectiveItems,
  logNameOf,
  type Modules,
  parseEntry,
  verifySeal,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import { HeadReader } from '../head-reader.ts';
import type { Latest } from '../latest.ts';
import { HeldState } from './held-commits.ts';
import { checkpointOf, mustContinue } from './held-notes.ts';
import { type FollowedItem, HeldSealers, type Wanted } from './held-sealers.ts';
import { ReplicaFault } from './replica-fault.ts';

/** Where a log is fetched from. What comes from there is believed once it is verified. */
export type LogSource = {
  fetched(domain: string, from: number, to: number): Promise<Fetched>;
};

/** A note that a log is followed to. `isWhole` where it must have both signatures. */
export type Goal = { readonly note: string; readonly isWhole: boolean };

export type FollowedOptions = Wanted & {
  readonly folder: string;
  readonly modules: Modules;
};

/** Entries fetched at a time at most; their payloads may let fewer come. */
const PAGE = 1_024;

type Cut = CutCommit<FollowedItem>;
type Page = { readonly items: readonly FollowedItem[]; readonly payloads: Map<string, string> };

/**
 * One log of a store, verified and kept in a folder of this machine, where it is read from. Nothing
 * is written that is not verified: entries against the root that who seals the log signed, heads
 * against the roots that its commits carry, operations against their own signatures. A log that is
 * not the one that was verified before throws, and is not followed any more.
 */
export class FollowedLog {
  readonly domain: string;
  readonly reader: HeadReader;
  readonly latest: Latest = { note: '', cosigned: '', seal: undefined };
  readonly #store: SqliteStore;
  readonly #state: HeldState;
  #frontier: Frontier;
  #sealers: HeldSealers;
  /** One thing after the other: a proof stands between two commits. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: FollowedOptions, store: SqliteStore, opened: Opened) {
    const { nodeId: node_id, domain, modules } = options;
    const isNode = logNameOf({ node_id }).domain_id === domain;
    const log = logNameOf(isNode ? { node_id } : { node_id, domain_id: domain });
    this.domain = domain;
    this.#store = store;
    this.#frontier = opened.frontier;
    this.#sealers = opened.sealers;
    this.#state = new HeldState({ store, modules, log, tree: opened.tree });
    this.reader = new HeadReader(options.folder);
    this.reader.sealed([], opened.frontier.size);
  }

  /** Throws what `HeldSealers` does where the copy is of another log. */
  static async open(options: FollowedOptions): Promise<FollowedLog> {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const store = new SqliteStore(options.folder, { isCopy: true });
    try {
      store.claim();
      const { frontier, tree } = await openCopy(store, options.modules);
      return new FollowedLog(options, store, {
        frontier,
        tree,
        sealers: sealersIn(store, options),
      });
    } catch (fault) {
      store.close();
      throw fault;
    }
  }

  /** Entries that are verified; nobody is shown one beyond. */
  get size(): number {
    return this.#frontier.size;
  }

  /** Origin line of the checkpoints of whoever seals it now. */
  get origin(): string {
    return this.size === 0 ? '' : this.#sealers.current.origin;
  }

  /**
   * Brings the log up to a note, and gives whether it stands there: not where the store tells less
   * than was verified here already, as one does that lags.
   */
  follow(goal: Goal, source: LogSource): Promise<boolean> {
    return this.#next(async () => {
      const checkpoint = checkpointOf(goal.note);
      if (checkpoint.size < this.size) {
        await mustContinue(this.#store, checkpoint, this.#frontier);
        return false;
      }
      if (checkpoint.size > this.size) await this.#grow(checkpoint.size, goal, source);
      else this.#holdNote(goal, 'log.forked', [this.#sealers, this.#frontier]);
      this.#note(goal);
      return true;
    });
  }

  /** Answers from the state as verified, between two commits. */
  prove(question: StateQuestion) {
    return this.#next(() => this.#state.prove(question, this.size));
  }

  async close(): Promise<void> {
    await this.#last;
    this.reader.close();
    this.#store.close();
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** First only looked at: of a long log all is held against its root before any is written. */
  async #grow(to: number, goal: Goal, source: LogSource): Promise<void> {
    await this.#mustMeet(source);
    const looked = new Growth(this.#frontier, this.#sealers);
    const pages: { readonly end: number; readonly root: Uint8Array }[] = [];
    let only: Page | undefined;
    for (let at = this.size; at < to; ) {
      const page = await this.#page(source, [at, to], looked.frontier);
      at += page.items.length;
      only = pages.length === 0 ? page : undefined;
      looked.take(page.items, at === to);
      pages.push({ end: at, root: looked.frontier.root() });
    }
    this.#holdNote(goal, 'log.differs_from_seal', [looked.sealers, looked.frontier]);
    const growth = new Growth(this.#frontier, this.#sealers);
    const payloads = new Map<string, string>();
    let from = this.size;
    for (const { end, root } of pages) {
      const page = only ?? (await this.#page(source, [from, end], growth.frontier));
      const commits = growth.take(page.items, end === to);
      if (!Buffer.from(growth.frontier.root()).equals(root)) {
        throw new ReplicaFault('log.differs_from_seal', 'the store gave two logs for one');
      }
      for (const [digest, text] of page.payloads) payloads.set(digest, text);
      for (const commit of commits) this.#write(commit, payloads);
      from = end;
    }
    this.#sealers = growth.sealers;
  }

  /** What stands in the store where the log ends here is what was verified. */
  async #mustMeet(source: LogSource): Promise<void> {
    const last = this.size - 1;
    if (last < 0) return;
    const { texts } = await source.fetched(this.domain, last, last + 1);
    const [own] = this.#store.entries(BigInt(last), BigInt(last + 1));
    if (texts[0] === own?.text) return;
    const message = `the store has another entry ${last} than the one that was verified here`;
    throw new ReplicaFault('log.forked', message);
  }

  async #page(source: LogSource, [from, to]: Span, before: Frontier): Promise<Page> {
    const most = Math.min(from + PAGE, to);
    const { texts, payloads, end } = await source.fetched(this.domain, from, most);
    if (texts.length === 0 || texts.length !== end - from) {
      const message = `entries ${from + texts.length} to ${end - 1} were told as sealed, and lack`;
      throw new ReplicaFault('log.behind_seal', message);
    }
    const kept = new Map(Object.entries(payloads));
    for (const [digest, text] of kept) {
      if (digestBytes(encodeUtf8(text)) !== digest) kept.delete(digest);
    }
    let frontier = before;
    const items = texts.map((text, at) => {
      const parsed = parseEntry(encodeUtf8(text));
      if (!parsed.ok || parsed.value.entry.seq !== String(from + at)) {
        const why = parsed.ok ? 'another number' : parsed.error.message;
        throw new ReplicaFault('log.damaged', `entry ${from + at}: ${why}`);
      }
      const item = parsed.value;
      const isChange = item.entry.operation === EPOCH_CHANGE;
      const placed = isChange ? { ...item, before: frontier } : item;
      frontier = frontier.append(item.leaf);
      return placed;
    });
    return { items, payloads: kept };
  }

  /** A commit whose entries are those that were sealed. */
  #write(commit: Cut, payloads: Map<string, string>): void {
    const changes = this.#state.fold(commit);
    const texts = commit.items.map(({ text }) => text);
    const { frontier, nodes } = this.#frontier.extend(commit.items.map(({ leaf }) => leaf));
    const firstSeq = BigInt(this.#frontier.size);
    const entries = rowsOf(texts, nodes);
    this.#store.append({ firstSeq, entries, payloads: Object.fromEntries(payloads) });
    payloads.clear();
    const voided = new Set(commit.range.summary.voided.map(({ seq }) => seq));
    const references = commit.items.flatMap(({ entry }) => {
      return referencesTo(entry, voided.has(entry.seq));
    });
    this.#store.applySealed({ changes, watermark: frontier.serialise(), references });
    this.#frontier = frontier;
    const chainTime = commit.items.at(-1)?.entry.chain_time;
    this.reader.sealed(changes, frontier.size, chainTime);
  }

  #holdNote({ note, isWhole }: Goal, otherLog: string, [sealers, frontier]: Stand): void {
    const { origin, keys } = sealers.current;
    const held = verifySeal(note, origin, isWhole ? keys : keys.slice(0, 1), frontier);
    if (held.ok) return;
    const { code, message } = held.error;
    if (code !== 'seal.differs') throw new ReplicaFault(code, message);
    const end = `${frontier.size} entries lead to the root ${encodeBase64(frontier.root())}`;
    throw new ReplicaFault(otherLog, `what was sealed is another log: here ${end}`);
  }

  #note({ note, isWhole }: Goal): void {
    this.latest.note = note;
    if (isWhole) this.latest.cosigned = note;
  }
}

type Opened = {
  readonly frontier: Frontier;
  readonly tree: Awaited<ReturnType<typeof openCopy>>['tree'];
  readonly sealers: HeldSealers;
};

type Stand = readonly [HeldSealers, Frontier];
type Span = readonly [from: number, to: number];

/** Entries one after another, as far as they are looked at. */
class Growth {
  frontier: Frontier;
  sealers: HeldSealers;
  readonly #cutter = new CommitCutter<FollowedItem>();

  constructor(frontier: Frontier, sealers: HeldSealers) {
    this.frontier = frontier;
    this.sealers = sealers;
  }

  /** Commits that are final with these. What was told as sealed no recovery reaches back over. */
  take(items: readonly FollowedItem[], isEnd: boolean): Cut[] {
    this.frontier = this.frontier.extend(items.map(({ leaf }) => leaf)).frontier;
    const commits = items.flatMap((item) => given(this.#cutter.take(item)));
    if (isEnd) commits.push(...given(this.#cutter.finish()));
    for (const commit of commits) {
      for (const item of effectiveItems(commit)) {
        const isFirst = item.entry.seq === '0';
        if (isFirst || item.entry.operation === EPOCH_CHANGE)
          this.sealers = this.sealers.after(item);
      }
    }
    return commits;
  }
}

function given(cut: ReturnType<CommitCutter<FollowedItem>['take']>): readonly Cut[] {
  if (cut.ok) return cut.value;
  throw new ReplicaFault('log.damaged', cut.error.message);
}

/** Who seals the log of a copy, which was verified when it was written. */
function sealersIn(store: SqliteStore, wanted: Wanted): HeldSealers {
  const [genesis] = store.entries(0n, 1n);
  if (genesis === undefined) return HeldSealers.none(wanted);
  const changes: string[] = [];
  const end = store.size();
  for (let at = 0n; at < end; at += BigInt(PAGE)) {
    for (const { text } of store.entries(at, at + BigInt(PAGE))) {
      if (text.includes(CHANGES_EPOCH)) changes.push(text);
    }
  }
  return HeldSealers.of(wanted, genesis.text, changes);
}

/** Cannot be part of a canonical text but as the operation of an entry. */
const CHANGES_EPOCH = `"operation":"${EPOCH_CHANGE}"`;
