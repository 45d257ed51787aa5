import type { CancelSignal } from '@ioi/protocol';

/** A timer set for longer than this fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

export type Over = 'timeout' | 'cancelled';

/** How long somebody waits for one act: a time limit that can stand still, and a signal. */
export class Patience {
  readonly #signal: CancelSignal | undefined;
  readonly #listeners = new Set<(over: Over) => void>();
  readonly #onAbort = (): void => this.#end('cancelled');
  readonly #wholeMs: number;
  /** Of all renewals together; what is waited while it is paused is not of it. */
  #mostMs: number;
  #remainingMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;
  #pausesEver = 0;
  #over: Over | undefined;

  constructor(limits: {
    readonly timeoutMs: number;
    readonly mostMs?: number | undefined;
    readonly signal?: CancelSignal | undefined;
  }) {
    this.#mostMs = limits.mostMs ?? Number.POSITIVE_INFINITY;
    this.#wholeMs = Math.min(limits.timeoutMs, LONGEST_MS);
    this.#remainingMs = this.#wholeMs;
    this.#signal = limits.signal;
    this.#signal?.addEventListener('abort', this.#onAbort);
    if (this.#signal?.aborted) this.#over = 'cancelled';
    this.#run();
  }

  get over(): Over | undefined {
    return this.#over;
  }

  /** How often it has been paused: how often somebody was asked. */
  get pausesEver(): number {
    return this.#pausesEver;
  }

  /** Called once when it is over, at once when it already is; returns how to stop listening. */
  whenOver(listener: (over: Over) => void): () => void {
    if (this.#over !== undefined) {
      listener(this.#over);
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The time stands still until every pause has ended; the signal still counts. */
  pause(): void {
    this.#pauses += 1;
    this.#pausesEver += 1;
    if (this.#pauses > 1) return;
    clearTimeout(this.#timer);
    this.#spend();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0) this.#run();
  }

  /** Who is waited for has shown that it is there: the time begins anew. */
  renew(): void {
    if (this.#pauses === 0) {
      clearTimeout(this.#timer);
      this.#spend();
    }
    this.#remainingMs = Math.min(this.#wholeMs, this.#mostMs);
    if (this.#pauses === 0) this.#run();
  }

  /** Nobody waits any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#pauses = Number.POSITIVE_INFINITY;
    this.#listeners.clear();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #spend(): void {
    const spent = performance.now() - this.#startedAt;
    this.#remainingMs -= spent;
    this.#mostMs -= spent;
  }

  #run(): void {
    this.#startedAt = performance.now();
    if (this.#over !== undefined) return;
    this.#timer = setTimeout(() => this.#end('timeout'), Math.max(0, this.#remainingMs));
  }

  #end(over: Over): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    const listeners = [...this.#listeners];
    this.stop();
    for (const listener of listeners) listener(over);
  }
}
