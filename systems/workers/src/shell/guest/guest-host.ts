import { Worker } from 'node:worker_threads';
import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import type {
  Rejection,
  StepAnswer,
  WorkerDescription,
  WorkerEnd,
  WorkerHost,
  WorkerInvocation,
  WorkerStep,
} from '@ioi/protocol';
import { GUEST_LIMITS, type GuestLimits } from '../../core/guest/guest-limits.ts';
import { Stretch, spentMs } from '../../core/guest/stretch.ts';
import type { GuestFile, GuestTurn } from './guest.ts';
import type { ForGuest, FromGuest, GuestStart } from './guest-messages.ts';
import type { WasmFile } from './wasm-guest.ts';

export type GuestOptions = { readonly name: string; readonly limits?: Partial<GuestLimits> };

/** A worker in one file, interpreted in WebAssembly: it has no way out but its steps. */
export class GuestHost implements WorkerHost {
  readonly description: WorkerDescription;
  readonly #start: GuestStart;
  #thread: GuestThread | undefined;
  #isBusy = false;

  private constructor(start: GuestStart, thread: GuestThread, description: WorkerDescription) {
    this.#start = start;
    this.#thread = thread;
    this.description = description;
  }

  /** Reads the file; refused is one that is no worker, by its code. */
  static async open(
    file: GuestFile | WasmFile,
    options: GuestOptions,
  ): Promise<Result<GuestHost, Rejection>> {
    const start = { file, limits: { ...GUEST_LIMITS, ...options.limits } };
    const thread = new GuestThread(start);
    const opened = await thread.opened();
    if (opened.kind === 'opened') {
      const { tasks } = opened;
      return ok(new GuestHost(start, thread, { name: options.name, tasks }));
    }
    await thread.end();
    return err(opened.refusal);
  }

  async invoke(call: WorkerInvocation): Promise<WorkerEnd> {
    assert(!this.#isBusy, 'a worker does one task at a time');
    const { tasks } = this.description;
    if (!tasks.some(({ name }) => name === call.task)) {
      return died('guest.no_task', `it declares no task ${call.task}`);
    }
    if (call.signal.aborted) return CANCELLED;
    const input = JSON.stringify(call.input);
    if (Buffer.byteLength(input) > this.#start.limits.textBytes) {
      return died('guest.bad_input', 'its input is larger than a worker is given');
    }
    this.#isBusy = true;
    const thread = await this.#ready();
    const end = await new GuestTask(thread, call, this.#start.limits).run(input);
    if (end.kind === 'died') await this.close();
    else thread.leave();
    this.#isBusy = false;
    return end;
  }

  async close(): Promise<void> {
    await this.#thread?.end();
    this.#thread = undefined;
  }

  async #ready(): Promise<GuestThread> {
    if (this.#thread?.isOver === false) return this.#thread;
    this.#thread = new GuestThread(this.#start);
    await this.#thread.opened();
    return this.#thread;
  }
}

const CANCELLED = died('worker.cancelled', 'its run was cancelled');

const NEVER_SETTLES = died('guest.never_settles', 'it waits for something that nobody answers');

function died(code: string, message: string): WorkerEnd {
  return { kind: 'died', code, message };
}

/** One thread with one interpreter, asked one thing at a time. */
class GuestThread {
  readonly #worker: Worker;
  readonly #turnMs: number;
  #answer: ((answer: FromGuest) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of its processor time, as it was told last. */
  #spentMs: number | undefined;
  isOver = false;

  constructor(start: GuestStart) {
    this.#turnMs = start.limits.turnMs + start.limits.graceMs;
    const url = new URL('./guest-thread.ts', import.meta.url);
    const quiet = ['--disable-warning=ExperimentalWarning'];
    this.#worker = new Worker(url, { workerData: start, env: {}, execArgv: quiet });
    this.#worker.on('message', (message: FromGuest) => this.#tell(message));
    this.#worker.on('error', (fault) => this.#fail('guest.broken', `${fault}`));
    this.#worker.on('exit', () => this.#fail('guest.broken', 'its interpreter ended'));
  }

  async opened(): Promise<Exclude<FromGuest, { kind: 'turn' }>> {
    const answer = await this.#next();
    if (answer.kind !== 'turn') return answer;
    const { end } = answer.turn;
    const why = end?.kind === 'died' ? end : { code: 'guest.broken', message: 'it said nothing' };
    return { kind: 'refused', refusal: { code: why.code, message: why.message } };
  }

  async turn(message: ForGuest): Promise<GuestTurn> {
    if (this.isOver) return { steps: [], end: died('guest.broken', 'its interpreter ended') };
    const next = this.#next();
    this.#worker.postMessage(message);
    const answer = await next;
    assert(answer.kind === 'turn', 'a thread that is open answers by turns');
    return answer.turn;
  }

  leave(): void {
    this.#worker.postMessage({ kind: 'leave' } satisfies ForGuest);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #next(): Promise<FromGuest> {
    assert(this.#answer === undefined, 'a guest is asked one thing at a time');
    this.#spentMs = undefined;
    this.#watch(new Stretch(this.#turnMs, performance.now()));
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #watch(stretch: Stretch): void {
    this.#timer = setTimeout(() => {
      if (stretch.isOver(performance.now(), this.#spentMs)) {
        this.#fail('guest.out_of_time', 'one operation of it took too long');
        void this.end();
        return;
      }
      this.#worker.cpuUsage().then(
        (usage) => {
          this.#spentMs = spentMs(usage);
        },
        // One that does not tell is held by the clock.
        () => {},
      );
      this.#watch(stretch);
    }, stretch.every);
  }

  #fail(code: string, message: string): void {
    this.isOver = true;
    this.#tell({ kind: 'turn', turn: { steps: [], end: died(code, message) } });
  }

  #tell(answer: FromGuest): void {
    clearTimeout(this.#timer);
    const tell = this.#answer;
    this.#answer = undefined;
    tell?.(answer);
  }
}

/**
 * One task from its first turn to its end. Its steps are taken one by one in the order in which it
 * asked, however many it asks for at once: else the same answers would not make the same run.
 */
class GuestTask {
  readonly #thread: GuestThread;
  readonly #call: WorkerInvocation;
  readonly #limits: GuestLimits;

  constructor(thread: GuestThread, call: WorkerInvocation, limits: GuestLimits) {
    this.#thread = thread;
    this.#call = call;
    this.#limits = limits;
  }

  async run(input: string): Promise<WorkerEnd> {
    const cancelled = Promise.withResolvers<WorkerEnd>();
    const cancel = (): void => cancelled.resolve(CANCELLED);
    const { signal } = this.#call;
    signal.addEventListener('abort', cancel);
    const end = await Promise.race([this.#run(input), cancelled.promise]);
    signal.removeEventListener('abort', cancel);
    return end;
  }

  async #run(input: string): Promise<WorkerEnd> {
    const { task, takeStep, signal, randomSeed: seed } = this.#call;
    let turn = await this.#thread.turn({ kind: 'begin', task, input, seed });
    const waiting: WorkerStep[] = [...turn.steps];
    for (;;) {
      // What it asked for and did not wait for is done all the same, before it is over.
      const step = turn.end?.kind === 'died' ? undefined : waiting.shift();
      if (step === undefined) return turn.end ?? NEVER_SETTLES;
      const answer = await takeStep(step);
      if (signal.aborted) return CANCELLED;
      if (turn.end !== undefined) continue;
      const { index } = step;
      turn = await this.#thread.turn({ kind: 'settle', index, answer: this.#textOf(answer) });
      waiting.push(...turn.steps);
    }
  }

  #textOf(answer: StepAnswer): string {
    // In one form, so that a module without a reader of JSON finds what it looks for.
    const canonical = canonicalJson(answer);
    const text = canonical.ok ? canonical.value : JSON.stringify(answer);
    if (Buffer.byteLength(text) <= this.#limits.textBytes) return text;
    const message = `the answer is longer than ${this.#limits.textBytes} bytes`;
    return JSON.stringify({ kind: 'failed', code: 'step.too_large', message });
  }
}
