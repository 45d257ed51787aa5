import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type SqlError, settingMessages, writtenBy } from '../core/index.ts';
import type { EngineAnswer, EngineAsk, FromEngine, ToEngine } from './engine-messages.ts';

export type Ran = {
  readonly bytes: Uint8Array;
  readonly isTooLarge: boolean;
  /** The settings were refused: `bytes` says why, and nothing was run. */
  readonly isUnset: boolean;
};

/** The engine ended, or was ended: whatever was in it is gone. */
export class EngineFault extends Error {
  readonly error: SqlError;

  constructor(error: SqlError) {
    super(error.message);
    this.error = error;
  }
}

type Waiting = {
  readonly ask: EngineAsk;
  readonly resolve: (answer: EngineAnswer) => void;
  readonly reject: (fault: EngineFault) => void;
};

/** Given to the thread before it answered: it is never without work, and what waits is gathered. */
const BATCHES_AHEAD = 2;
const BATCH_MOST = 64;
/** What takes longer is not gathered: how long each of them took would not be known. */
const QUICK_MS = 100;
export const ENDED: SqlError = {
  sqlstate: '57P01',
  message: 'the engine of the bridge ended and is started again',
  detail: 'bridge.engine_ended: connect again in a few seconds',
};

/** The handle on the thread with the engine; what it is asked first it answers first. */
export class Engine {
  readonly #thread: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #asked: Waiting[][] = [];
  readonly #onEnd: (reason: string) => void;
  /** Whose settings it has; undefined when nobody knows. */
  #settings: string | undefined;
  #isGone = false;
  #batchMost = BATCH_MOST;
  /** When it began with what it has now. */
  #began = 0;

  private constructor(thread: Worker, onEnd: (reason: string) => void) {
    this.#thread = thread;
    this.#onEnd = onEnd;
    thread.on('message', (message: FromEngine) => this.#take(message));
    thread.on('error', (fault) => this.#ended(String(fault)));
    thread.on('exit', () => this.#ended('the thread ended'));
  }

  /** Ready to be written to, with nothing in it; takes seconds. */
  static async start(onEnd: (reason: string) => void): Promise<Engine> {
    const thread = new Worker(new URL('./engine-thread.ts', import.meta.url));
    await once(thread, 'message');
    return new Engine(thread, onEnd);
  }

  /** With `undefined` for the settings it has, as in a transaction, where none are put back. */
  async run(settings: string | undefined, bytes: Uint8Array, isSynced = true): Promise<Ran> {
    const isSet = settings === undefined || settings === this.#settings;
    const setup = isSet ? undefined : settingMessages(settings);
    this.#settings = settings ?? this.#settings;
    const ran = await this.#ask({ kind: 'run', setup, bytes, isSynced });
    if (ran.kind === 'unset') {
      this.#settings = undefined;
      return { bytes: ran.bytes, isTooLarge: false, isUnset: true };
    }
    if (ran.kind !== 'ran') throw this.#broken(ran);
    return { bytes: ran.bytes, isTooLarge: ran.isTooLarge, isUnset: false };
  }

  /** How long it has had what it has now. */
  get busyMs(): number {
    return performance.now() - this.#began;
  }

  /** The settings may no longer be those that were set. */
  forgetSettings(): void {
    this.#settings = undefined;
  }

  /** All of the statements, or the engine is at its end. */
  async write(statements: readonly string[]): Promise<void> {
    this.#settings = undefined;
    const written = await this.#ask({ kind: 'write', sql: writtenBy(statements) });
    if (written.kind !== 'written') throw this.#broken(written);
  }

  /** What runs cannot be told to stop: it is ended with everything around it. */
  end(reason: string): void {
    this.#ended(reason);
  }

  async close(): Promise<void> {
    this.#isGone = true;
    await this.#thread.terminate();
  }

  #ask(ask: EngineAsk): Promise<EngineAnswer> {
    if (this.#isGone) return Promise.reject(new EngineFault(ENDED));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ask, resolve, reject });
      this.#give();
    });
  }

  #give(): void {
    if (this.#asked.length >= BATCHES_AHEAD || this.#waiting.length === 0) return;
    if (this.#asked.length === 0) this.#began = performance.now();
    const batch = this.#waiting.splice(0, this.#batchMost);
    this.#asked.push(batch);
    this.#thread.postMessage({ asks: batch.map(({ ask }) => ask) } satisfies ToEngine);
  }

  #take({ answers }: FromEngine): void {
    const batch = this.#asked.shift() ?? [];
    this.#batchMost = this.busyMs > QUICK_MS ? 1 : BATCH_MOST;
    this.#began = performance.now();
    this.#give();
    batch.forEach(({ resolve }, at) => {
      resolve(answers[at] ?? { kind: 'failed', message: 'it lost its place' });
    });
  }

  #broken(message: EngineAnswer): EngineFault {
    const reason = message.kind === 'failed' ? message.message : 'it lost its place';
    this.#ended(reason);
    return new EngineFault(ENDED);
  }

  #ended(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    void this.#thread.terminate();
    const all = [...this.#asked.splice(0).flat(), ...this.#waiting.splice(0)];
    for (const { reject } of all) reject(new EngineFault(ENDED));
    this.#onEnd(reason);
  }
}
