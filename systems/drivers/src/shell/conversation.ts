import type { Json } from '@ioi/canon';
import {
  classify,
  errorLine,
  type Frame,
  isObject,
  type Message,
  methodNotFound,
  type RpcError,
  type RpcId,
  resultLine,
} from '@ioi/jsonrpc';
import type { CancelSignal, Progress } from '@ioi/protocol';
import type { Silence } from '../core/answer.ts';

export type Reply =
  | { readonly kind: 'result'; readonly result: Json }
  | { readonly kind: 'error'; readonly error: RpcError }
  | { readonly kind: 'silent'; readonly silence: Silence; readonly detail?: string };

export type ExchangeLimits = {
  readonly timeoutMs: number;
  readonly outputBytes: number;
  readonly signal?: CancelSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called when this side stops waiting: the place to tell the server. */
  readonly onGiveUp?: (id: number, silence: Silence) => void;
};

/** A timer set for longer than this fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

export type Exchange = { readonly id: number; readonly reply: Promise<Reply> };

type Pending = {
  readonly outputBytes: number;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly settle: (reply: Reply) => void;
};

/**
 * The requests of this side that wait for an answer, over whatever carries them. Every exchange
 * settles exactly once: by its answer, its time limit, its signal, or the end of the connection.
 */
export class Conversation {
  readonly #toolsChanged: () => void;
  readonly #noise: (text: string) => void;
  readonly #pending = new Map<number, Pending>();
  /** Given up, but the server may still be at it: its late answer ends the doubt. */
  readonly #abandoned = new Set<number>();
  #next = 1;

  constructor(events: { toolsChanged: () => void; noise: (text: string) => void }) {
    this.#toolsChanged = events.toolsChanged;
    this.#noise = events.noise;
  }

  get hasAbandoned(): boolean {
    return this.#abandoned.size > 0;
  }

  begin(limits: ExchangeLimits): Exchange {
    const id = this.#next;
    this.#next += 1;
    const reply = new Promise<Reply>((resolve) => {
      const giveUp = (silence: Silence): void => {
        this.#abandoned.add(id);
        this.settle(id, { kind: 'silent', silence });
        limits.onGiveUp?.(id, silence);
      };
      const onAbort = (): void => giveUp('cancelled');
      const timer = setTimeout(() => giveUp('timeout'), Math.min(limits.timeoutMs, LONGEST_MS));
      const settle = (settled: Reply): void => {
        clearTimeout(timer);
        limits.signal?.removeEventListener('abort', onAbort);
        resolve(settled);
      };
      const { outputBytes, onProgress } = limits;
      this.#pending.set(id, { outputBytes, onProgress, settle });
      limits.signal?.addEventListener('abort', onAbort);
      if (limits.signal?.aborted) onAbort();
    });
    return { id, reply };
  }

  /** The first settlement counts; a later one only ends the doubt about an abandoned call. */
  settle(id: RpcId, reply: Reply): void {
    if (typeof id !== 'number') return;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle(reply);
  }

  settleAll(silence: Silence, detail?: string): void {
    const told = detail === undefined ? {} : { detail };
    for (const id of [...this.#pending.keys()]) {
      this.settle(id, { kind: 'silent', silence, ...told });
    }
  }

  /** Takes one message of the server; returns the line to send back, if it asked for one. */
  accept(frame: Frame): string | undefined {
    if (frame.kind === 'oversized') {
      const detail = `${frame.byteCount} bytes`;
      this.#end(frame.id, { kind: 'silent', silence: 'output_too_large', detail });
      return undefined;
    }
    const message = classify(frame.bytes);
    if (!message.ok) {
      const { id, message: detail } = message.error;
      this.#noise(`unreadable message (${detail})`);
      this.#end(id, { kind: 'silent', silence: 'answer_refused', detail });
      return undefined;
    }
    return this.#take(message.value, frame.bytes.length);
  }

  #take(message: Message, byteCount: number): string | undefined {
    switch (message.kind) {
      case 'request':
        return answerServer(message);
      case 'notification':
        this.#notice(message);
        return undefined;
      case 'error':
        this.#end(message.id ?? undefined, { kind: 'error', error: message.error });
        return undefined;
      case 'result':
        this.#end(message.id, this.#within(message, byteCount));
        return undefined;
    }
  }

  #within(message: Extract<Message, { kind: 'result' }>, byteCount: number): Reply {
    const limit = typeof message.id === 'number' ? this.#pending.get(message.id) : undefined;
    if (limit !== undefined && byteCount > limit.outputBytes) {
      return { kind: 'silent', silence: 'output_too_large', detail: `${byteCount} bytes` };
    }
    return { kind: 'result', result: message.result };
  }

  #end(id: RpcId | undefined, reply: Reply): void {
    if (typeof id !== 'number') return;
    this.#abandoned.delete(id);
    this.settle(id, reply);
  }

  #notice(message: Extract<Message, { kind: 'notification' }>): void {
    if (message.method === 'notifications/tools/list_changed') this.#toolsChanged();
    if (message.method === 'notifications/progress') this.#progress(message.params);
  }

  #progress(params: Json | undefined): void {
    if (!isObject(params)) return;
    const { progressToken, progress, total, message } = params;
    if (typeof progressToken !== 'number' || typeof progress !== 'number') return;
    this.#pending.get(progressToken)?.onProgress?.({
      message: typeof message === 'string' ? message : '',
      done: progress,
      ...(typeof total === 'number' ? { total } : {}),
    });
  }
}

/** No capability was offered to the server, so it may ask for little: that we live, and roots. */
function answerServer(message: Extract<Message, { kind: 'request' }>): string {
  if (message.method === 'ping') return resultLine(message.id, {});
  if (message.method === 'roots/list') return resultLine(message.id, { roots: [] });
  return errorLine(message.id, methodNotFound(message.method));
}
