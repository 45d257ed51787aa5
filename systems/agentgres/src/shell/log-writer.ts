import { BoundedMap } from '@ioi/basis';
import {
  emptyView,
  type HeadText,
  type Modules,
  neededPayloads,
  type ProposedOperation,
} from '@ioi/law';
import { type Frontier, leafHash, type StateTree } from '@ioi/merkle';
import {
  type Attestor,
  type Beside,
  closeCommit,
  type Later,
  type LogStore,
  type Payloads,
  type Prepared,
  rowsOf,
  type Seal,
  UnwrittenHeads,
} from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { newOperationId, type OpenLog, openLog } from './open-log.ts';
import { answerState, type StateAnswer, type StateQuestion } from './state-answer.ts';
import {
  answersIn,
  besideIn,
  payloadsOf,
  referencesIn,
  type Submitted,
  type Waiting,
} from './waiting.ts';

export type WriterOptions = {
  readonly store: LogStore;
  readonly attestor: Attestor;
  readonly modules: Modules;
  /** Checks a seal against the frontier this writer computed itself; throws when it differs. */
  readonly checkSeal: (seal: Seal, frontier: Frontier, texts: readonly string[]) => Later<void>;
  /** Told of every commit, after its seal and before anyone is answered. */
  readonly onSealed?: (commit: SealedCommit) => void;
  /** Ids of the commits' own entries; from clock and chance unless given. */
  readonly newOperationId?: () => string;
  /** Does something once all that comes in this turn has come; `setImmediate` unless given. */
  readonly afterTurn?: (work: () => void) => void;
  /** Does something a moment later, together with what comes meanwhile; at once unless given. */
  readonly later?: (work: () => void) => void;
};

export type SealedCommit = {
  readonly texts: readonly string[];
  readonly changes: readonly HeadText[];
  readonly seal: Seal;
  /** Of its last entry. */
  readonly chainTime: string;
  /** The entry of each operation that was submitted. */
  readonly answers: ReadonlyMap<ProposedOperation, string>;
};

/** Operations taken into one commit at most. */
const MAX_BATCH = 256;
/** From so many on half is taken: the rest is prepared while the first half becomes durable. */
const MIN_SPLIT = 16;
/** Commits under way: one is prepared while the one before it becomes durable. */
const MAX_UNDER_WAY = 2;
/** Ids of operations that are under way, or whose references may not be in the store yet. */
const RECENT_IDS = 8 * MAX_BATCH;

/** Changes after which the tree is saved: a start makes up for at most so many. */
const MIN_UNSAVED = 50_000;
/** The larger the tree, the more seldom: one change for so many bytes of the last snapshot. */
const BYTES_PER_UNSAVED = 2048;

/**
 * The one logical writer of a domain. Natural group commit: whatever queued while the last
 * commit ran goes into the next. Order per commit: prepare, log on disk, seal, acknowledge;
 * commits are prepared ahead, but become durable and are answered in order. Heads are written
 * a moment later, those of several commits together, or while the guardian seals one after.
 */
export class LogWriter {
  readonly #options: WriterOptions;
  readonly #recent = new BoundedMap<string, true>(RECENT_IDS);
  /** By the id of an operation under way: others that came under the same id meanwhile. */
  readonly #behind = new Map<string, Waiting[]>();
  readonly #tree: StateTree;
  #frontier: Frontier;
  #queue: Waiting[] = [];
  #underWay = 0;
  #isPreparing = false;
  #isGathering = false;
  #last: Promise<void> = Promise.resolve();
  readonly #unwritten = new UnwrittenHeads();
  #isWritingLater = false;
  #halted: LogFault | undefined;
  /** Changes that the snapshot of the tree does not have. */
  #unsaved = 1;
  #snapshotBytes = 0;
  #settledBelow: bigint | undefined;

  private constructor(options: WriterOptions, opened: OpenLog) {
    this.#options = options;
    this.#frontier = opened.frontier;
    this.#tree = opened.tree;
  }

  static async open(options: WriterOptions): Promise<{ writer: LogWriter; opened: OpenLog }> {
    const { store, attestor, modules } = options;
    const opened = await openLog(store, attestor, modules, options.newOperationId);
    if (opened.seal) await options.checkSeal(opened.seal, opened.frontier, []);
    return { writer: new LogWriter(options, opened), opened };
  }

  /**
   * Answers once sealed or refused; throws `log.in_doubt` when a fault stopped the log. What
   * stands beside the entry is on disk with it.
   */
  submit(
    operation: ProposedOperation,
    payloads: Payloads = {},
    beside: readonly Beside[] = [],
  ): Promise<Submitted> {
    return new Promise((settle, fail) => {
      if (this.#halted) return fail(this.#halted);
      this.#queue.push({ operation, payloads, beside, settle, fail });
      this.#nextSoon();
    });
  }

  /** What stands beside entries below this size has its own place now: the log may let it go. */
  settled(size: number): void {
    const below = BigInt(size);
    if (below > (this.#settledBelow ?? 0n)) this.#settledBelow = below;
  }

  /**
   * Commits whatever the guardian itself has to say, such as genesis; nothing when it has none.
   * Heads are written when it resolves: whoever opens the log to read it finds them.
   */
  async touch(): Promise<void> {
    await this.#commit([]);
    await this.#writeHeads();
  }

  /** Answers from the state as sealed, between two commits. */
  prove(question: StateQuestion): Promise<StateAnswer> {
    const { store } = this.#options;
    const answered = this.#last.then(async () => {
      await this.#writeHeads();
      return answerState(question, { store, tree: this.#tree, size: this.#frontier.size });
    });
    // A question that has no answer is the asker's alone.
    this.#last = answered.then(
      () => undefined,
      () => undefined,
    );
    return answered;
  }

  /** Waits for what is under way and leaves nothing to be folded again. */
  async close(): Promise<void> {
    const wasHalted = this.#halted !== undefined;
    this.#halted ??= new LogFault('log.in_doubt', 'the log was closed');
    const isClean = await this.#last.then(
      () => !wasHalted,
      () => false,
    );
    // Heads whose moment came meanwhile may be on their way.
    await this.#last.catch(() => undefined);
    if (isClean) await this.#writeHeads();
    if (isClean && this.#unsaved > 0) await this.#saveSnapshot();
    await this.#options.store.close();
  }

  /** Where the next start takes the state tree up; bytes in proportion to the objects. */
  async #saveSnapshot(): Promise<void> {
    const bytes = this.#tree.serialise();
    await this.#options.store.saveSnapshot({ size: this.#frontier.size, bytes });
    this.#unsaved = 0;
    this.#snapshotBytes = bytes.length;
  }

  /** Whoever was answered together asks again together: a commit of one would halve the pace. */
  #nextSoon(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#afterTurn(() => {
      this.#isGathering = false;
      this.#next();
    });
  }

  #afterTurn(work: () => void): void {
    (this.#options.afterTurn ?? setImmediate)(work);
  }

  /** Takes what queued into a commit, unless enough are under way. */
  #next(): void {
    const isBusy = this.#isPreparing || this.#underWay >= MAX_UNDER_WAY;
    if (isBusy || this.#queue.length === 0 || this.#halted) return;
    const isSplit = this.#underWay === 0 && this.#queue.length >= MIN_SPLIT;
    const many = isSplit ? Math.ceil(this.#queue.length / 2) : this.#queue.length;
    const batch = this.#queue.splice(0, Math.min(many, MAX_BATCH));
    void this.#commit(batch).catch((cause) => this.#halt(cause, batch));
  }

  async #commit(all: readonly Waiting[]): Promise<void> {
    this.#underWay += 1;
    this.#isPreparing = true;
    const batch = await this.#withoutDuplicates(all);
    const prepared = await this.#prepare(batch);
    this.#isPreparing = false;
    const isBehind = this.#underWay > 1;
    this.#last = this.#last.then(async () => {
      // Whoever the commit before answered asks again: that is prepared while this one is written.
      if (isBehind) await new Promise<void>((resolve) => this.#afterTurn(resolve));
      await this.#finish(batch, prepared);
    });
    const done = this.#last;
    this.#nextSoon();
    await done;
    this.#underWay -= 1;
    this.#nextSoon();
  }

  async #withoutDuplicates(batch: readonly Waiting[]): Promise<Waiting[]> {
    const ids = batch.map(({ operation }) => operation.operation_id);
    const known = await this.#options.store.known(ids.filter((id) => !this.#recent.has(id)));
    return batch.filter((waiting) => {
      const { operation_id: id } = waiting.operation;
      const behind = this.#behind.get(id);
      if (behind) behind.push(waiting);
      else if (this.#recent.has(id) || known.has(id)) settleDuplicate(waiting);
      else {
        this.#recent.set(id, true);
        this.#behind.set(id, []);
        return true;
      }
      return false;
    });
  }

  #prepare(batch: readonly Waiting[]): Promise<Prepared> {
    const operations = batch.map((each) => each.operation);
    const payloads = payloadsOf(batch);
    if (Object.keys(payloads).length === 0) return this.#options.attestor.prepare(operations, {});
    // Of the payloads only those it decides by; the rest stay with the log.
    const { payload, content } = neededPayloads(operations, this.#options.modules, emptyView);
    const isNeeded = (digest: string): boolean => payload.has(digest) || content.has(digest);
    const evidence = Object.entries(payloads).filter(([digest]) => isNeeded(digest));
    return this.#options.attestor.prepare(operations, Object.fromEntries(evidence));
  }

  async #finish(batch: readonly Waiting[], prepared: Prepared): Promise<void> {
    if (this.#halted) throw this.#halted;
    if (prepared.entries.length === 0) this.#answer(batch, prepared, undefined);
    else await this.#make(batch, prepared);
    const many = Math.max(MIN_UNSAVED, this.#snapshotBytes / BYTES_PER_UNSAVED);
    const isSaving = this.#unsaved > many;
    if (this.#underWay < MAX_UNDER_WAY) await this.#writeHeadsLater();
    if (!isSaving) return;
    await this.#writeHeads();
    await this.#saveSnapshot();
  }

  /** Makes a commit durable, has it sealed, and answers. */
  async #make(batch: readonly Waiting[], prepared: Prepared): Promise<void> {
    const { store, attestor, checkSeal, onSealed } = this.#options;
    const { entries, changes } = prepared;
    const first = this.#frontier.size;
    if (Number(prepared.next.seq) !== first + entries.length) {
      throw new LogFault('log.fenced', 'the guardian prepared for another writer meanwhile');
    }
    const operationId = (this.#options.newOperationId ?? newOperationId)();
    const about = { prepared, operationId, first: String(first), recovered: false, voided: [] };
    const closing = closeCommit({ ...about, tree: this.#tree });
    if (!closing.ok) throw new LogFault('log.damaged', closing.error.message);
    const texts = [...entries, closing.value.text];
    // The guardian composed the entries: what it signs in the end is the root over these bytes.
    const leaves = entries.map((text) => leafHash(text));
    const { frontier, nodes } = this.#frontier.extend([...leaves, closing.value.leaf]);
    const rows = rowsOf(texts, nodes);
    const payloads = this.#kept(batch);
    const commit = texts.at(-1) ?? '';
    attestor.closing?.(prepared.batch, commit);
    const beside = besideIn(batch, prepared);
    const settled = this.#settledBelow;
    this.#settledBelow = undefined;
    const write = { firstSeq: BigInt(first), entries: rows, payloads, beside };
    await store.append(settled === undefined ? write : { ...write, settledBelow: settled });
    const sealing = attestor.seal(prepared.batch, commit);
    const writing = this.#unwritten.areMany ? this.#writeHeads() : undefined;
    const [seal] = await Promise.all([sealing, writing]);
    this.#frontier = frontier;
    await checkSeal(seal, frontier, texts);
    await store.publish?.(seal);
    const { chain_time: chainTime } = prepared.next;
    onSealed?.({ texts, changes, seal, chainTime, answers: answersIn(batch, prepared) });
    this.#answer(batch, prepared, seal);
    const references = referencesIn(batch, prepared, first);
    const sealed = { changes, watermark: frontier.serialise(), references };
    this.#unwritten.add(sealed, texts.length);
    this.#unsaved += changes.length;
    // When another commit follows at once, they are written while that or a later one is sealed.
    if (this.#underWay < MAX_UNDER_WAY) await this.#writeHeadsLater();
  }

  /** Page by page a commit costs as much as several: a call is two, and its head is in both. */
  async #writeHeadsLater(): Promise<void> {
    const { later } = this.#options;
    if (later === undefined) return this.#writeHeads();
    if (this.#isWritingLater) return;
    this.#isWritingLater = true;
    later(() => {
      this.#isWritingLater = false;
      this.#last = this.#last.then(() => this.#writeHeads());
      // Whoever comes next is told by the log, which has stopped.
      this.#last.catch(() => {});
    });
  }

  /** The log is the truth; heads can be folded again, so nobody waits for them to be written. */
  async #writeHeads(): Promise<void> {
    const sealed = this.#unwritten.take();
    if (sealed === undefined) return;
    try {
      await this.#options.store.applySealed(sealed);
    } catch (fault) {
      // Also where only a reader waits: later heads must not be written over the gap.
      this.#halt(fault, []);
      throw fault;
    }
  }

  /** Contents that were only looked at are not of the log: whoever keeps them can forget them. */
  #kept(batch: readonly Waiting[]): Payloads {
    const all = Object.entries(payloadsOf(batch));
    if (all.length === 0) return {};
    const operations = batch.map((each) => each.operation);
    const { content } = neededPayloads(operations, this.#options.modules, emptyView);
    return Object.fromEntries(all.filter(([digest]) => !content.has(digest)));
  }

  #answer(batch: readonly Waiting[], { results, entries }: Prepared, seal: Seal | undefined): void {
    batch.forEach((waiting, position) => {
      const { operation_id: id } = waiting.operation;
      const result = results[position];
      const behind = this.#behind.get(id) ?? [];
      this.#behind.delete(id);
      if (result === undefined || 'code' in result) {
        const missing = { code: 'guardian.no_answer', message: 'the guardian gave no result' };
        this.#recent.delete(id);
        waiting.settle({ ok: false, error: result ?? missing });
        // Nothing stands under this id: whoever else came with it is heard.
        this.#queue.unshift(...behind);
        return;
      }
      for (const each of behind) settleDuplicate(each);
      const text = entries[result.index];
      if (text !== undefined && seal) waiting.settle({ ok: true, value: { text, seal } });
      else waiting.fail(new LogFault('log.damaged', 'the guardian named an entry it did not give'));
    });
  }

  /** In doubt, not failed: the process stops; after reopening, operation ids tell what stands. */
  #halt(cause: unknown, batch: readonly Waiting[]): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // A store that went away in the midst may have written what it was given.
    const isSure = cause instanceof LogFault && cause.code !== 'store.unreachable';
    this.#halted ??= isSure ? cause : new LogFault('log.in_doubt', reason, cause);
    const behind = [...this.#behind.values()].flat();
    for (const waiting of [...batch, ...behind, ...this.#queue]) waiting.fail(this.#halted);
    this.#behind.clear();
    this.#queue = [];
  }
}

function settleDuplicate({ operation: { operation_id: id }, settle }: Waiting): void {
  const message = `${id} is in the log already`;
  settle({ ok: false, error: { code: 'operation.duplicate', message } });
}
