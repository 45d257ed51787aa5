import { Worker } from 'node:worker_threads';
import type { Beside, Payloads, Refusal } from '@ioi/agentgres';
import { newOperationId, type StateQuestion } from '@ioi/agentgres/shell';
import type { ExchangeAnswer, GuardianNotice } from '@ioi/guardian';
import { BOUNDARY, type ProposedOperation, type VerifiedSeal } from '@ioi/law';
import type { LogEntry, Rejection } from '@ioi/protocol';
import { Histogram, type Sample } from '../core/index.ts';
import {
  type FromThread,
  NODE_DOMAIN,
  type OpenedDomain,
  Outbox,
  type ProvedState,
  type ToThread,
  type VouchAsked,
  type VouchedFor,
  type WriterData,
} from './writer-messages.ts';

/** `size`: entries of the log as sealed with this one. */
export type Sealed = {
  readonly entry: LogEntry;
  readonly size: number;
  readonly seal: VerifiedSeal;
};

export type SubmitResult =
  | { readonly ok: true; readonly value: Sealed }
  | { readonly ok: false; readonly error: Refusal };

export type WriterLoad = {
  readonly waiting: number;
  readonly oldestMs: number;
  readonly sealing: readonly Sample[];
};

export type WriterEvents = {
  readonly onSealed: (sealed: Extract<FromThread, { kind: 'sealed' }>) => void;
  readonly onNotice: (notice: GuardianNotice) => void;
  /** The log stopped: the process must end. */
  readonly onFault: (code: string, message: string) => void;
};

type Waiting = { readonly settle: (result: SubmitResult) => void; readonly since: number };
type Placed = { readonly domain?: string; readonly beside?: readonly Beside[] };
type Opening = (result: { ok: true; value: OpenedDomain } | { ok: false; error: Refusal }) => void;

/** How long the thread may take to write its snapshots before it is ended. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The daemon's handle on the writer thread. */
export class Writer {
  /** The node's own log. */
  readonly opened: Promise<OpenedDomain>;
  readonly #thread: Worker;
  readonly #events: WriterEvents;
  readonly #outbox = new Outbox<ToThread>((messages) => this.#thread.postMessage(messages));
  readonly #waiting = new Map<number, Waiting>();
  readonly #sealing = new Histogram();
  readonly #proving = new Map<number, (result: ProvedState) => void>();
  readonly #vouching = new Map<number, (result: VouchedFor) => void>();
  readonly #keys = new Map<number, (key: Uint8Array) => void>();
  readonly #opening = new Map<string, Opening>();
  #onClosed = (): void => {};
  #last = 0;

  constructor(data: WriterData, events: WriterEvents) {
    this.#events = events;
    this.#thread = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: data });
    const { promise, resolve } = Promise.withResolvers<OpenedDomain>();
    this.opened = promise;
    this.#opening.set(NODE_DOMAIN, (result) => result.ok && resolve(result.value));
    this.#thread.on('error', (fault) => {
      events.onFault('log.in_doubt', fault instanceof Error ? fault.message : String(fault));
    });
    this.#thread.on('message', (messages: readonly FromThread[]) => {
      for (const message of messages) this.#receive(message);
    });
  }

  /** Opens the log of a domain that the node's own log says is open. */
  open(domain: string): Promise<Parameters<Opening>[0]> {
    return new Promise((resolve) => {
      this.#opening.set(domain, resolve);
      this.#post({ kind: 'open', domain });
    });
  }

  /**
   * Answers once sealed or refused, never when the log stopped. An operation without the name of
   * its module is one of the boundary. What stands beside it is on disk with its entry.
   */
  submit(
    operation: string,
    payload: object,
    payloads: Payloads = {},
    beside: readonly Beside[] = [],
  ): Promise<SubmitResult> {
    const proposed: ProposedOperation = {
      operation_id: newOperationId(),
      operation: operation.includes('/') ? operation : `${BOUNDARY}/${operation}`,
      authenticated_by: { kind: 'channel' },
      payload: payload as Record<string, unknown>,
    };
    return this.submitOperation(proposed, payloads, { beside });
  }

  submitOperation(
    operation: ProposedOperation,
    payloads: Payloads,
    { domain = NODE_DOMAIN, beside = [] }: Placed = {},
  ): Promise<SubmitResult> {
    return new Promise((settle) => {
      this.#last += 1;
      this.#waiting.set(this.#last, { settle, since: performance.now() });
      this.#post({ kind: 'submit', id: this.#last, domain, operation, payloads, beside });
    });
  }

  /** What stands beside entries of the node's log below this size has its own place now. */
  settled(size: number): void {
    this.#post({ kind: 'settled', size });
  }

  /** What waits to be sealed, for how long the first has, and how long others took. */
  load(): WriterLoad {
    const [first] = this.#waiting.values();
    const oldestMs = first === undefined ? 0 : performance.now() - first.since;
    return { waiting: this.#waiting.size, oldestMs, sealing: this.#sealing.samples() };
  }

  /** Answers from the state as sealed, between two commits. */
  prove(domain: string, question: StateQuestion): Promise<ProvedState> {
    return new Promise((settle) => {
      this.#last += 1;
      this.#proving.set(this.#last, settle);
      this.#post({ kind: 'prove', id: this.#last, domain, question });
    });
  }

  /** Has the guardian sign a receipt for verifiers of other formats. */
  vouch(domain: string, asked: VouchAsked): Promise<VouchedFor> {
    return new Promise((settle) => {
      this.#last += 1;
      this.#vouching.set(this.#last, settle);
      this.#post({ kind: 'vouch', id: this.#last, domain, asked });
    });
  }

  /** The guardian's half of the key to what this digest commits to. */
  commitmentKey(digest: string): Promise<Uint8Array> {
    return new Promise((settle) => {
      this.#last += 1;
      this.#keys.set(this.#last, settle);
      this.#post({ kind: 'commitment_key', id: this.#last, digest });
    });
  }

  /** Contents that the guardian shows to a person. */
  show(payloads: Payloads): void {
    this.#post({ kind: 'shown', payloads });
  }

  /** What a provider answered whom somebody signed in at. */
  exchanged(exchanged: ExchangeAnswer): void {
    this.#post({ kind: 'exchanged', exchanged });
  }

  /** What a person edited could not be brought to the log. */
  refuseEdit(requestHash: string, refusal: Rejection): void {
    this.#post({ kind: 'edit_refused', requestHash, refusal });
  }

  saveCheckpoint(domain: string, size: number, note: string): void {
    this.#post({ kind: 'checkpoint', domain, size, note });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      setTimeout(resolve, CLOSE_TIMEOUT_MS).unref();
    });
    this.#post({ kind: 'close' });
    await closed;
    await this.#thread.terminate();
  }

  #post(message: ToThread): void {
    this.#outbox.say(message);
  }

  #receive(message: FromThread): void {
    const { onFault, onNotice, onSealed } = this.#events;
    if (message.kind === 'opened') this.#opened(message.domain, { ok: true, value: message });
    else if (message.kind === 'not_opened') {
      this.#opened(message.domain, { ok: false, error: message.error });
    } else if (message.kind === 'fault') onFault(message.code, message.message);
    else if (message.kind === 'notice') onNotice(message.notice);
    else if (message.kind === 'sealed') onSealed(message);
    else if (message.kind === 'closed') this.#onClosed();
    else if (message.kind === 'proved') {
      this.#proving.get(message.id)?.(message.result);
      this.#proving.delete(message.id);
    } else if (message.kind === 'vouched') {
      this.#vouching.get(message.id)?.(message.result);
      this.#vouching.delete(message.id);
    } else if (message.kind === 'commitment_key') {
      this.#keys.get(message.id)?.(message.key);
      this.#keys.delete(message.id);
    } else this.#settle(message);
  }

  #opened(domain: string, result: Parameters<Opening>[0]): void {
    this.#opening.get(domain)?.(result);
    this.#opening.delete(domain);
  }

  #settle({ id, result }: Extract<FromThread, { kind: 'submitted' }>): void {
    const { settle, since = 0 } = this.#waiting.get(id) ?? {};
    this.#waiting.delete(id);
    if (result.ok) this.#sealing.saw(performance.now() - since);
    if (result.ok) {
      const { text, ...sealed } = result.value;
      settle?.({ ok: true, value: { entry: JSON.parse(text) as LogEntry, ...sealed } });
    } else settle?.(result);
  }
}
