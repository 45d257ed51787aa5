import { HeadCache, type Modules, neededPayloads, type ProposedOperation } from '@ioi/law';
import type { Frontier, StateTree } from '@ioi/merkle';
import type { HeadChange, LogEntry } from '@ioi/protocol';
import {
  type Attestor,
  buildCommit,
  type LogStore,
  type Payloads,
  type Prepared,
  type Refusal,
  type Seal,
} from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { newOperationId, type OpenLog, openLog, pointersTo } from './open-log.ts';

/** An operation that was sealed, with the seal that covers it. */
export type SealedOperation = { readonly entry: LogEntry; readonly seal: Seal };

export type Submitted =
  | { readonly ok: true; readonly value: SealedOperation }
  | { readonly ok: false; readonly error: Refusal };

export type WriterOptions = {
  readonly store: LogStore;
  readonly attestor: Attestor;
  readonly modules: Modules;
  /** Checks a seal against the frontier this writer computed itself; throws when it differs. */
  readonly checkSeal: (seal: Seal, frontier: Frontier, entries: readonly LogEntry[]) => void;
  /** Told of every commit, after its seal and before anyone is answered. */
  readonly onSealed?: (commit: SealedCommit) => void;
};

export type SealedCommit = {
  readonly entries: readonly LogEntry[];
  readonly changes: readonly HeadChange[];
  readonly seal: Seal;
};

type Waiting = {
  readonly operation: ProposedOperation;
  readonly payloads: Payloads;
  readonly settle: (result: Submitted) => void;
  readonly fail: (fault: unknown) => void;
};

/** Operations taken into one commit at most. */
const MAX_BATCH = 256;
const CACHED_HEADS = 8192;

/**
 * The one logical writer of a domain. Natural group commit: whatever queued while the last
 * commit ran goes into the next. Order per commit: prepare, log on disk, seal, acknowledge.
 */
export class LogWriter {
  readonly #options: WriterOptions;
  readonly #heads: HeadCache;
  #frontier: Frontier;
  readonly #tree: StateTree;
  #queue: Waiting[] = [];
  #running = false;
  #halted: LogFault | undefined;

  private constructor(options: WriterOptions, opened: OpenLog) {
    this.#options = options;
    this.#heads = new HeadCache(options.store, CACHED_HEADS);
    this.#frontier = opened.frontier;
    this.#tree = opened.tree;
  }

  static async open(options: WriterOptions): Promise<{ writer: LogWriter; opened: OpenLog }> {
    const opened = await openLog(options.store, options.attestor, options.modules);
    if (opened.seal) options.checkSeal(opened.seal, opened.frontier, []);
    return { writer: new LogWriter(options, opened), opened };
  }

  /** Answers once sealed or refused; throws `log.in_doubt` when a fault stopped the log. */
  submit(operation: ProposedOperation, payloads: Payloads = {}): Promise<Submitted> {
    return new Promise((settle, fail) => {
      if (this.#halted) return fail(this.#halted);
      this.#queue.push({ operation, payloads, settle, fail });
      if (!this.#running) void this.#run();
    });
  }

  /** Commits whatever the guardian itself has to say, such as genesis; nothing when it has none. */
  async touch(): Promise<void> {
    await this.#commit([]);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0 && !this.#halted) {
      const batch = this.#queue.splice(0, MAX_BATCH);
      try {
        const fresh = this.#withoutDuplicates(batch);
        if (fresh.length > 0) await this.#commit(fresh);
      } catch (cause) {
        this.#halt(cause, batch);
      }
    }
    this.#running = false;
  }

  #withoutDuplicates(batch: readonly Waiting[]): Waiting[] {
    const seen = new Set<string>();
    return batch.filter((waiting) => {
      const { operation_id } = waiting.operation;
      const known =
        seen.has(operation_id) || this.#options.store.seqsOf(operation_id, 1).length > 0;
      seen.add(operation_id);
      if (known) {
        const message = `${operation_id} is in the log already`;
        waiting.settle({ ok: false, error: { code: 'operation.duplicate', message } });
      }
      return !known;
    });
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const payloads = Object.assign({}, ...batch.map((each) => each.payloads)) as Payloads;
    const operations = batch.map((each) => each.operation);
    const evidence = this.#evidenceFor(operations, payloads);
    const prepared = await this.#options.attestor.prepare(operations, evidence);
    if (prepared.entries.length === 0) return answer(batch, prepared, () => undefined);
    const { store, modules } = this.#options;
    // The tree runs ahead of the seal; whatever fails from here on halts the writer with it.
    const tree = this.#tree;
    const operationId = newOperationId();
    const commit = buildCommit({ prepared, modules, view: this.#heads, tree, operationId });
    if (!commit.ok) throw new LogFault('log.damaged', commit.error.message);
    const rows = commit.value.entries.map(({ bytes, leaf }) => {
      const text = Buffer.from(bytes).toString('utf8');
      return { text, leaf };
    });
    store.append({ firstSeq: BigInt(this.#frontier.size), entries: rows, payloads });
    const seal = await this.#options.attestor.seal(prepared.batch, rows.at(-1)?.text ?? '');
    let frontier = this.#frontier;
    for (const { leaf } of commit.value.entries) frontier = frontier.append(leaf);
    const entries = commit.value.entries.map((each) => each.entry);
    this.#options.checkSeal(seal, frontier, entries);
    this.#frontier = frontier;
    const { changes } = commit.value;
    this.#heads.apply(changes);
    this.#options.onSealed?.({ entries, changes, seal });
    answer(batch, prepared, (index) => entries[index] && { entry: entries[index], seal });
    // The log is the truth; heads can be folded again, so nobody waits for them to be written.
    const references = entries.flatMap(pointersTo);
    store.applySealed({ changes, watermark: frontier.serialise(), references });
  }

  /** Of the payloads only those the guardian needs to decide; the rest stay with the log. */
  #evidenceFor(operations: readonly ProposedOperation[], payloads: Payloads): Payloads {
    if (Object.keys(payloads).length === 0) return payloads;
    const needed = neededPayloads(operations, this.#options.modules, this.#options.store);
    return Object.fromEntries(Object.entries(payloads).filter(([digest]) => needed.has(digest)));
  }

  /** In doubt, not failed: the process stops; after reopening, operation ids tell what stands. */
  #halt(cause: unknown, batch: readonly Waiting[]): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#halted = cause instanceof LogFault ? cause : new LogFault('log.in_doubt', reason, cause);
    for (const waiting of [...batch, ...this.#queue]) waiting.fail(this.#halted);
    this.#queue = [];
  }
}

function answer(
  batch: readonly Waiting[],
  prepared: Prepared,
  sealedAt: (index: number) => SealedOperation | undefined,
): void {
  batch.forEach((waiting, position) => {
    const result = prepared.results[position];
    if (result === undefined || 'code' in result) {
      const missing = { code: 'guardian.no_answer', message: 'the guardian gave no result' };
      waiting.settle({ ok: false, error: result ?? missing });
      return;
    }
    const value = sealedAt(result.index);
    if (value) waiting.settle({ ok: true, value });
    else waiting.fail(new LogFault('log.damaged', 'the guardian named an entry it did not give'));
  });
}
