import type { Readable, Writable } from 'node:stream';
import type { Json } from '@ioi/canon';
import { INTERNAL_ERROR, LineSplitter } from '@ioi/jsonrpc';
import type { Answer } from '../core/backend.ts';
import { step } from '../core/capture.ts';
import type { Effect, Input, SessionState } from '../core/session.ts';

export type CallEffect = Extract<Effect, { kind: 'call' }>;
export type DropEffect = Extract<Effect, { kind: 'drop' }>;
export type ProgressReport = { done: number; total?: number; message?: string };

/** How long the last answers may take to reach a client that is leaving. */
const LINGER_MS = 1000;

/** The daemon's side of one session. Nothing here decides. */
export type SessionHandlers = {
  /** The tools as the client will see them, unknown fields and `_meta` included. */
  list(): Promise<readonly Json[]>;
  /** `signal` aborts with the `cancel` effect as its reason. */
  call(
    call: CallEffect,
    context: { signal: AbortSignal; onProgress: (report: ProgressReport) => void },
  ): Promise<Answer>;
  /** Reading goes on once the receipt is written. */
  drop(dropped: DropEffect): Promise<void>;
  /** A handler that failed, or a stream that broke: for the daemon's log. */
  fault(error: unknown): void;
};

export type ServedSession = {
  /** What the client said about itself, and how far the session has come. */
  state(): SessionState;
  toolsChanged(): void;
  close(): void;
  /** Resolves once, when the session has ended; never rejects. */
  readonly closed: Promise<void>;
};

/** Runs the pure session over a stream pair; a duplex serves as both. */
export function serveSession(
  streams: { readonly input: Readable; readonly output: Writable },
  handlers: SessionHandlers,
  opened: SessionState,
): ServedSession {
  const session = new LiveSession(streams, handlers, opened);
  const closed = session.run();
  return {
    state: () => session.state,
    toolsChanged: () => session.accept({ kind: 'tools_changed' }),
    close: () => session.accept({ kind: 'closed' }),
    closed,
  };
}

class LiveSession {
  state: SessionState;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #handlers: SessionHandlers;
  readonly #aborts = new Map<string, AbortController>();
  #receipts: Promise<void> = Promise.resolve();

  constructor(
    streams: { readonly input: Readable; readonly output: Writable },
    handlers: SessionHandlers,
    opened: SessionState,
  ) {
    this.#input = streams.input;
    this.#output = streams.output;
    this.#handlers = handlers;
    this.state = opened;
  }

  async run(): Promise<void> {
    this.#output.on('error', (error) => this.#end(error));
    const splitter = new LineSplitter();
    try {
      // Leaving the loop must not destroy the stream: it may be the one the last answer is in.
      const chunks: AsyncIterable<Uint8Array> = this.#input.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        for (const frame of splitter.push(chunk)) {
          if (frame.kind === 'line') this.accept({ kind: 'frame', bytes: frame.bytes });
          else this.accept(frame);
          // A flood of unreadable input waits for its receipts, and a slow reader slows itself.
          await this.#receipts;
          await this.#writable();
        }
        if (this.state.phase === 'closed') break;
      }
      const last = splitter.end();
      if (last?.kind === 'oversized') this.accept(last);
    } catch (error) {
      if (this.state.phase !== 'closed') this.#handlers.fault(error);
    }
    this.accept({ kind: 'closed' });
    await this.#receipts;
  }

  accept(input: Input): void {
    const { state, effects } = step(this.state, input);
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        if (!this.#output.destroyed) this.#output.write(`${effect.line}\n`);
        return;
      case 'list':
        void this.#answer(effect.callId, this.#list());
        return;
      case 'call':
        void this.#answer(effect.callId, this.#call(effect));
        return;
      case 'cancel':
        this.#aborts.get(effect.callId)?.abort(effect);
        return;
      case 'drop':
        this.#receipts = this.#receipts
          .then(() => this.#handlers.drop(effect))
          .catch((error) => this.#handlers.fault(error));
        return;
      case 'close':
        this.#end();
        return;
    }
  }

  async #list(): Promise<Answer> {
    const tools = await this.#handlers.list();
    return { kind: 'result', result: { tools: [...tools] } };
  }

  async #call(effect: CallEffect): Promise<Answer> {
    const { callId } = effect;
    const abort = new AbortController();
    this.#aborts.set(callId, abort);
    const onProgress = (report: ProgressReport): void => {
      // Progress is worth nothing late: a client that does not read it does not get it.
      if (!this.#output.writableNeedDrain) this.accept({ kind: 'progress', callId, ...report });
    };
    try {
      return await this.#handlers.call(effect, { signal: abort.signal, onProgress });
    } finally {
      this.#aborts.delete(callId);
    }
  }

  async #answer(callId: string, pending: Promise<Answer>): Promise<void> {
    let answer: Answer;
    try {
      answer = await pending;
    } catch (error) {
      this.#handlers.fault(error);
      const message = 'The node failed; whether anything happened is in its log.';
      const data = { code: 'gateway.internal' };
      answer = { kind: 'error', error: { code: INTERNAL_ERROR, message, data } };
    }
    this.accept({ kind: 'finished', callId, answer });
  }

  async #writable(): Promise<void> {
    const output = this.#output;
    if (!output.writableNeedDrain || output.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        output.off('drain', done);
        output.off('close', done);
        resolve();
      };
      output.on('drain', done);
      output.on('close', done);
    });
  }

  #end(error?: unknown): void {
    if (error !== undefined && this.state.phase !== 'closed') {
      this.#handlers.fault(error);
      this.accept({ kind: 'closed' });
      return;
    }
    const cut = (): void => {
      this.#input.destroy();
      this.#output.destroy();
    };
    if (this.#output.destroyed) {
      cut();
      return;
    }
    // A peer that reads nothing must not keep the session open.
    const lingering = setTimeout(cut, LINGER_MS);
    this.#output.end(() => {
      clearTimeout(lingering);
      cut();
    });
  }
}
