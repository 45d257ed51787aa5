import type { Json } from '@ioi/canon';
import {
  classify,
  type Frame,
  isObject,
  type Message,
  type RpcError,
  type RpcId,
} from '@ioi/jsonrpc';
import type { Ask, Progress, SealedAction } from '@ioi/protocol';
import type { Silence } from '../core/answer.ts';
import { taskNamedBy } from '../core/tasks.ts';
import type { Patience } from './patience.ts';
import { Questions } from './questions.ts';
import type { Notice, Unauthorised } from './upstream.ts';

export type Reply =
  | { readonly kind: 'result'; readonly result: Json }
  /** `status` is that of HTTP, where the refusal came with one. */
  | { readonly kind: 'error'; readonly error: RpcError; readonly status?: number }
  | { readonly kind: 'unauthorised'; readonly facts: Unauthorised }
  | { readonly kind: 'silent'; readonly silence: Silence; readonly detail?: string };

export type ExchangeOptions = {
  readonly patience: Patience;
  readonly outputBytes: number;
  /** Whether it carries an act: only an act may be asked about, or be in doubt afterwards. */
  readonly isAct: boolean;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onMessage?: ((params: Json) => void) | undefined;
  readonly ask?: Ask | undefined;
  /** What it is performed of. */
  readonly action?: SealedAction | undefined;
  /** It waits for this task of the server, whose questions say so. */
  readonly task?: string | undefined;
  /** Called when this side stops waiting: the place to tell the server. */
  readonly onGiveUp?: (id: number, silence: Silence) => void;
};

export type ConversationEvents = {
  readonly notice: (notice: Notice) => void;
  /** What the server said that means nothing, for people. */
  readonly noise: (text: string) => void;
  /** Sends a line that nobody waits for. */
  readonly tell: (line: string) => void;
};

/** How long a server that was told to stop may take: it need not say that it has. */
const STRAGGLING_MS = 30_000;
const MOST_ABANDONED = 1024;

type Pending = ExchangeOptions & { readonly settle: (reply: Reply) => void };

/**
 * The requests of this side that wait for an answer, over whatever carries them. Every exchange
 * settles exactly once: by its answer, the end of patience, or the end of the connection.
 */
export class Conversation {
  readonly #events: ConversationEvents;
  readonly #questions: Questions;
  readonly #pending = new Map<number, Pending>();
  /** Given up and when, but the server may still be at it: its late answer ends the doubt. */
  readonly #abandoned = new Map<number, number>();
  /** There were more of them than are remembered, so the doubt stays. */
  #hasForgotten = false;
  #next = 1;

  constructor(events: ConversationEvents) {
    this.#events = events;
    this.#questions = new Questions(events.tell);
  }

  get hasAbandoned(): boolean {
    return this.#hasForgotten || this.#abandoned.size > 0;
  }

  /** A server without sessions must not ask by itself; from here on it is not answered. */
  refuseQuestions(): void {
    this.#questions.refuse();
  }

  begin(options: ExchangeOptions): { readonly id: number; readonly reply: Promise<Reply> } {
    const id = this.#next;
    this.#next += 1;
    const reply = new Promise<Reply>((resolve) => {
      let stop = (): void => {};
      const settle = (settled: Reply): void => {
        stop();
        resolve(settled);
      };
      this.#pending.set(id, { ...options, settle });
      stop = options.patience.whenOver((silence) => {
        if (options.isAct) this.#abandon(id);
        this.settle(id, { kind: 'silent', silence });
        options.onGiveUp?.(id, silence);
      });
    });
    return { id, reply };
  }

  #abandon(id: number): void {
    const [oldest] = this.#abandoned.keys();
    if (oldest !== undefined && this.#abandoned.size >= MOST_ABANDONED) {
      this.#abandoned.delete(oldest);
      this.#hasForgotten = true;
    }
    this.#abandoned.set(id, performance.now());
  }

  isPending(id: number): boolean {
    return this.#pending.has(id);
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

  /** Takes one message of the server; `on` is the exchange on whose own stream it came. */
  accept(frame: Frame, on?: number): void {
    if (frame.kind === 'oversized') {
      const detail = `${frame.byteCount} bytes`;
      this.#end(frame.id, { kind: 'silent', silence: 'output_too_large', detail });
      return;
    }
    const message = classify(frame.bytes);
    if (message.ok) {
      this.#take(message.value, frame.bytes.length, on);
      return;
    }
    const { id, message: detail } = message.error;
    this.#events.noise(`unreadable message (${detail})`);
    this.#end(id, { kind: 'silent', silence: 'answer_refused', detail });
  }

  #take(message: Message, byteCount: number, on: number | undefined): void {
    switch (message.kind) {
      case 'request':
        void this.#questions.take(message, this.#actOfTask(message) ?? this.#actOn(on));
        return;
      case 'notification':
        this.#notice(message, on);
        return;
      case 'error':
        this.#end(message.id ?? undefined, { kind: 'error', error: message.error });
        return;
      case 'result':
        this.#end(message.id, this.#within(message, byteCount));
        return;
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

  /** A question that names a task is about the act that waits for it (MCP 2025-11-25, tasks). */
  #actOfTask({ params }: Extract<Message, { kind: 'request' }>): Pending | undefined {
    const id = taskNamedBy(params);
    return id === undefined
      ? undefined
      : [...this.#pending.values()].find(({ task }) => task === id);
  }

  /** Whose a message is: that of its stream, else of the one act there is (decision 0014). */
  #actOn(on: number | undefined): Pending | undefined {
    if (on !== undefined) return this.#pending.get(on);
    const acts = [...this.#pending.values()].filter(({ isAct }) => isAct);
    return acts.length === 1 && !this.#hasStraggler() ? acts[0] : undefined;
  }

  /** An act just given up may still be running, and then nobody knows who asks. */
  #hasStraggler(): boolean {
    const since = performance.now() - STRAGGLING_MS;
    return [...this.#abandoned.values()].some((givenUpAt) => givenUpAt > since);
  }

  #notice(message: Extract<Message, { kind: 'notification' }>, on: number | undefined): void {
    const { method } = message;
    const params = isObject(message.params) ? message.params : {};
    if (method === 'notifications/progress') this.#progress(params);
    else if (method === 'notifications/message') {
      const act = this.#actOn(on);
      if (act === undefined) this.#events.notice({ kind: 'message', params });
      else act.onMessage?.(params);
    } else if (method === 'notifications/cancelled') this.#cancelled(params['requestId']);
    else {
      const notice = noticeOf(method, params);
      if (notice !== undefined) this.#events.notice(notice);
    }
  }

  /** A server takes back a question of its own, or ends what it was listened to for. */
  #cancelled(id: Json | undefined): void {
    if (typeof id === 'string' || typeof id === 'number') this.#questions.withdraw(id);
    if (typeof id === 'number' && this.#pending.get(id)?.isAct === false) {
      this.settle(id, { kind: 'silent', silence: 'closed' });
    }
  }

  #progress({ progressToken, progress, total, message }: { [key: string]: Json }): void {
    if (typeof progressToken !== 'number' || typeof progress !== 'number') return;
    this.#pending.get(progressToken)?.onProgress?.({
      message: typeof message === 'string' ? message : '',
      done: progress,
      ...(typeof total === 'number' ? { total } : {}),
    });
  }
}

const LIST_CHANGED = /^notifications\/(tools|resources|prompts)\/list_changed$/;

function noticeOf(method: string, params: { [key: string]: Json }): Notice | undefined {
  const list = LIST_CHANGED.exec(method)?.[1];
  if (list === 'tools' || list === 'resources' || list === 'prompts') {
    return { kind: 'list_changed', list };
  }
  if (method === 'notifications/resources/updated') return { kind: 'resource_updated', params };
  if (method === 'notifications/elicitation/complete') {
    return { kind: 'elicitation_complete', params };
  }
  return undefined;
}
