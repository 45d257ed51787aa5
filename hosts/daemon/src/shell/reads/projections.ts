import { Worker } from 'node:worker_threads';
import type { Attendance } from '@ioi/agentgres/shell';
import type {
  Answer,
  FromProjections,
  ProjectionData,
  Question,
  Questions,
  ToProjections,
} from './projection-messages.ts';

type Settle = (result: Answer<Question>) => void;
type Told = Extract<FromProjections, { kind: 'told' }>['deliveries'];

/** Entries that are sealed, and the note over them. */
export type SealedSize = { readonly size: number; readonly note: string };

export type ProjectionEvents = {
  readonly onTold: (deliveries: Told) => void;
  readonly log: (message: string, about: object) => void;
};

const CLOSE_MS = 2_000;
/** Most that what nobody waits for lies behind the log. */
const GATHER_MS = 1_000;
/** So long after the last of them left, listeners may come back for what changed. */
const WATCHED_MS = 600_000;

/** What the projections of one domain are asked. */
export type DomainProjections = {
  ask<K extends Question>(question: K, ask: Questions[K]['ask']): Promise<Answer<K>>;
  /** Like `ask`; `settle` runs before anything the thread says later. */
  askThen<K extends Question>(
    question: K,
    ask: Questions[K]['ask'],
    settle: (result: Answer<K>) => void,
  ): void;
};

/** The daemon's handle on the projection thread, which serves every domain. */
export class Projections {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Settle>();
  readonly #events: ProjectionEvents;
  readonly #opened = new Map<string, DomainProjections>();
  readonly #subscribers = new Set<number>();
  #lastLeft = Number.NEGATIVE_INFINITY;
  /** Seals the thread was not told of: by domain the last, which covers those before it. */
  readonly #untold = new Map<string, SealedSize>();
  #telling: NodeJS.Timeout | undefined;
  #onClosed = (): void => {};
  #last = 0;
  #isGone = false;

  constructor(events: ProjectionEvents) {
    this.#events = events;
    const url = new URL('./projection-thread.ts', import.meta.url);
    this.#thread = new Worker(url);
    this.#thread.on('message', (message: FromProjections) => this.#take(message));
    this.#thread.on('error', (fault) => this.#end(fault));
  }

  /** Those of a domain; the first call opens them, at what is sealed. */
  of(data: ProjectionData, { size, note }: SealedSize): DomainProjections {
    const { domain } = data;
    const known = this.#opened.get(domain);
    if (known !== undefined) return known;
    const askThen: DomainProjections['askThen'] = (question, ask, settle) => {
      if (this.#isGone) return settle(gone());
      if ('subscriber' in ask) this.#subscribers.add(ask.subscriber);
      this.#tellSeals();
      this.#last += 1;
      this.#waiting.set(this.#last, (result) => {
        if (!result.ok && 'subscriber' in ask) this.#subscribers.delete(ask.subscriber);
        (settle as Settle)(result);
      });
      this.#post({ kind: 'ask', id: this.#last, domain, question, ask });
    };
    const opened: DomainProjections = {
      askThen,
      ask: (question, ask) => new Promise((resolve) => askThen(question, ask, resolve)),
    };
    this.#opened.set(domain, opened);
    this.#post({ kind: 'open', ...data });
    this.sealed(domain, size, note);
    return opened;
  }

  /**
   * What is sealed of a domain now; nothing while its projections are not open. While nobody waits
   * or listens, seals are told together: folding many at once costs little more than folding one,
   * and is not done beside the action that was just sealed. Whoever asks is answered from the last.
   */
  sealed(domain: string, size: number, note: string): void {
    if (!this.#opened.has(domain)) return;
    this.#untold.set(domain, { size, note });
    if (this.#waiting.size > 0 || this.#subscribers.size > 0) this.#tellSeals();
    else this.#telling ??= setTimeout(() => this.#tellSeals(), GATHER_MS);
  }

  #tellSeals(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const attendance = this.#attendance();
    for (const [domain, seal] of this.#untold) {
      this.#post({ kind: 'sealed', domain, ...seal, attendance });
    }
    this.#untold.clear();
  }

  #attendance(): Attendance {
    const now = performance.now();
    if (this.#subscribers.size > 0 || now - this.#lastLeft < WATCHED_MS) return 'watched';
    return now < WATCHED_MS ? 'resumable' : 'unwatched';
  }

  leave(subscriber: number): void {
    this.#subscribers.delete(subscriber);
    this.#lastLeft = performance.now();
    this.#post({ kind: 'leave', subscriber });
  }

  /** Files are closed whole where that is quick; else they are folded on from where they were. */
  async close(): Promise<void> {
    this.#tellSeals();
    if (!this.#isGone) {
      const closed = new Promise<void>((resolve) => {
        this.#onClosed = resolve;
        setTimeout(resolve, CLOSE_MS).unref();
      });
      this.#post({ kind: 'close' });
      await closed;
    }
    await this.#thread.terminate();
  }

  #post(message: ToProjections): void {
    this.#thread.postMessage(message);
  }

  #take(message: FromProjections): void {
    if (message.kind === 'told') this.#events.onTold(message.deliveries);
    else if (message.kind === 'said') this.#events.log(message.message, message.about);
    else if (message.kind === 'closed') this.#onClosed();
    else {
      const settle = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      settle?.(message.result);
    }
  }

  /** Reads are lost, the boundary is not: the node goes on and says so. */
  #end(fault: unknown): void {
    const reason = fault instanceof Error ? fault.message : String(fault);
    this.#events.log('projections ended', { reason });
    this.#isGone = true;
    for (const settle of this.#waiting.values()) settle(gone());
    this.#waiting.clear();
    this.#onClosed();
  }
}

function gone(): Answer<never> {
  const message = 'projections ended; they start again with the node';
  return { ok: false, error: { code: 'projection.gone', message } };
}
