import { randomBytes } from 'node:crypto';
import { INTERNAL_ERROR } from '@ioi/jsonrpc';
import type { InputResponses, TaskReport } from '@ioi/protocol';
import type { ActContext, Answer, Backend, Notice, Recalled } from '../core/backend.ts';
import { step } from '../core/capture.ts';
import { type Effect, type Input, openState, type SendEffect, type State } from '../core/state.ts';

/** 144 bits, so that nobody finds the act of somebody else that waits. */
const TOKEN_BYTES = 18;

const NOTHING = { capabilities: {}, serverInfo: {} };

/** Where lines go. */
export type Sink = {
  send(effect: SendEffect): void;
  /** A reader that does not keep up: what is worth nothing late is not sent to it. */
  isBusy(to: string): boolean;
  /** Nothing more comes there: the client has taken its request back. */
  over?(to: string): void;
  close(): void;
};

type Act = Extract<Effect, { kind: 'act' }>;

/** Tasks say when they began and changed; nothing else asks for the time. */
function withTime(state: State, { kind }: Input): State {
  const isTold = kind === 'tasked' || kind === 'recalled' || state.tasks.length > 0;
  return isTold ? { ...state, now: new Date().toISOString() } : state;
}

/** Carries out what one client's steps decide, between a backend and whatever it speaks over. */
export class Runner {
  state: State;
  readonly backend: Backend;
  /** Resolves when all receipts so far are written. */
  receipts: Promise<void> = Promise.resolve();
  readonly #sink: Sink;
  readonly #aborts = new Map<string, AbortController>();
  readonly #asks = new Map<string, (responses: InputResponses) => void>();
  readonly #alarms = new Map<string, NodeJS.Timeout>();
  #nextAsk = 1;

  constructor(backend: Backend, sink: Sink, phase: 'opened' | 'stateless') {
    this.backend = backend;
    this.#sink = sink;
    this.state = openState(NOTHING, phase);
  }

  /** Must have resolved before anything is taken in; rejects as the backend does. */
  async open(): Promise<void> {
    this.accept({ kind: 'offered', offer: await this.backend.offer() });
  }

  accept(input: Input): void {
    const { state, effects } = step(withTime(this.state, input), input);
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  /** A list that changed may come with another offer, which is learnt first. */
  notify(notice: Notice): void {
    if (notice.kind !== 'list_changed') {
      this.accept({ kind: 'notice', notice });
      return;
    }
    void this.open()
      .catch((error) => this.backend.fault(error))
      .then(() => this.accept({ kind: 'notice', notice }));
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#sink.send(effect);
        return;
      case 'list':
        void this.#list(effect);
        return;
      case 'act':
        void this.#act(effect);
        return;
      case 'over':
        this.#sink.over?.(effect.to);
        return;
      case 'cancel':
        this.#cancel(effect);
        return;
      case 'answer':
        this.#answer(effect.askId, effect.responses);
        return;
      case 'alarm':
        this.#setAlarm(effect);
        return;
      case 'recall':
        this.#recall(effect);
        return;
      case 'roots_changed':
        this.#tell(() => this.backend.rootsChanged?.());
        return;
      case 'drop':
        this.receipts = this.receipts
          .then(() => this.backend.drop(effect))
          .catch((error) => this.backend.fault(error));
        return;
      case 'close':
        this.#close();
        return;
    }
  }

  #cancel(effect: Extract<Effect, { kind: 'cancel' }>): void {
    this.#aborts.get(effect.callId)?.abort(effect);
    const entry = this.state.inFlight.find(({ callId }) => callId === effect.callId);
    if (entry !== undefined && effect.cause === 'client_cancelled') this.#sink.over?.(entry.from);
  }

  async #list({ callId, list }: Extract<Effect, { kind: 'list' }>): Promise<void> {
    try {
      this.accept({ kind: 'listed', callId, listing: await this.backend.list(list) });
    } catch (error) {
      this.#fail(callId, error);
    }
  }

  async #act(effect: Act): Promise<void> {
    const { callId, act } = effect;
    const abort = new AbortController();
    this.#aborts.set(callId, abort);
    const context = this.#contextOf(effect, abort.signal);
    if (effect.isTask) context.onTask({});
    try {
      const answer = await this.backend.act(act, context);
      this.accept({ kind: 'finished', callId, answer });
    } catch (error) {
      this.#fail(callId, error);
    } finally {
      this.#aborts.delete(callId);
    }
  }

  #recall({ taskId, asked }: Extract<Effect, { kind: 'recall' }>): void {
    let task: Recalled | undefined;
    this.#tell(() => {
      task = this.backend.recall?.(taskId);
    });
    this.accept({ kind: 'recalled', asked, task });
  }

  #contextOf({ callId, proposer, isTask = false }: Act, signal: AbortSignal): ActContext {
    const taskId = randomBytes(TOKEN_BYTES).toString('base64url');
    const to = (): string => {
      return this.state.inFlight.find((entry) => entry.callId === callId)?.from ?? '';
    };
    return {
      proposer,
      signal,
      isTask,
      onTask: (report: TaskReport) => this.accept({ kind: 'tasked', callId, taskId, report }),
      followed: () => this.state.tasks.find((each) => each.taskId === taskId),
      // Progress and messages are worth nothing late: who does not read does not get them.
      onProgress: (progress) => {
        if (!this.#sink.isBusy(to())) this.accept({ kind: 'progress', callId, ...progress });
      },
      onMessage: (params) => {
        if (!this.#sink.isBusy(to())) this.accept({ kind: 'message_of', callId, params });
      },
      ask: (requests) =>
        new Promise((resolve) => {
          const askId = `ask_${this.#nextAsk}`;
          this.#nextAsk += 1;
          this.#asks.set(askId, resolve);
          const token = randomBytes(TOKEN_BYTES).toString('base64url');
          this.accept({ kind: 'asked', callId, askId, token, requests });
        }),
    };
  }

  #fail(callId: string, error: unknown): void {
    this.backend.fault(error);
    const message = 'The node failed; whether anything happened is in its log.';
    const data = { code: 'gateway.internal' };
    const answer: Answer = { kind: 'error', error: { code: INTERNAL_ERROR, message, data } };
    this.accept({ kind: 'finished', callId, answer });
  }

  #answer(askId: string, responses: InputResponses): void {
    clearTimeout(this.#alarms.get(askId));
    this.#alarms.delete(askId);
    this.#asks.get(askId)?.(responses);
    this.#asks.delete(askId);
  }

  #setAlarm({ askId, afterMs }: Extract<Effect, { kind: 'alarm' }>): void {
    const timer = setTimeout(() => {
      this.#alarms.delete(askId);
      this.accept({ kind: 'rang', askId });
    }, afterMs);
    this.#alarms.set(askId, timer.unref());
  }

  /** What only tells the backend must not end what is told by. */
  #tell(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.backend.fault(error);
    }
  }

  #close(): void {
    for (const timer of this.#alarms.values()) clearTimeout(timer);
    this.#alarms.clear();
    this.#sink.close();
    this.#tell(() => this.backend.ended?.());
  }
}
