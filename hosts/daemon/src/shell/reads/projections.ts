import { Worker } from 'node:worker_threads';
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

export type ProjectionEvents = {
  readonly onTold: (deliveries: Told) => void;
  readonly log: (message: string, about: object) => void;
};

const CLOSE_MS = 2_000;

/** The daemon's handle on the projection thread. */
export class Projections {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Settle>();
  readonly #events: ProjectionEvents;
  #onClosed = (): void => {};
  #last = 0;
  #isGone = false;

  constructor(data: ProjectionData, events: ProjectionEvents) {
    this.#events = events;
    const url = new URL('./projection-thread.ts', import.meta.url);
    this.#thread = new Worker(url, { workerData: data });
    this.#thread.on('message', (message: FromProjections) => this.#take(message));
    this.#thread.on('error', (fault) => this.#end(fault));
  }

  sealed(size: number, note: string): void {
    this.#post({ kind: 'sealed', size, note });
  }

  ask<K extends Question>(question: K, ask: Questions[K]['ask']): Promise<Answer<K>> {
    return new Promise((resolve) => this.askThen(question, ask, resolve));
  }

  /** Like `ask`; `settle` runs before anything the thread says later. */
  askThen<K extends Question>(
    question: K,
    ask: Questions[K]['ask'],
    settle: (result: Answer<K>) => void,
  ): void {
    if (this.#isGone) {
      settle(gone());
      return;
    }
    this.#last += 1;
    this.#waiting.set(this.#last, settle as Settle);
    this.#post({ kind: 'ask', id: this.#last, question, ask });
  }

  leave(subscriber: number): void {
    this.#post({ kind: 'leave', subscriber });
  }

  /** Files are closed whole where that is quick; else they are folded on from where they were. */
  async close(): Promise<void> {
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
