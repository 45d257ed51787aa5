import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '@ioi/basis';
import { LineSplitter } from '@ioi/jsonrpc';
import { writeTogether } from '@ioi/jsonrpc/shell';
import type {
  WorkerDescription,
  WorkerEnd,
  WorkerHost,
  WorkerInvocation,
  WorkerStep,
} from '@ioi/protocol';
import { endingOf } from '../../core/part-of.ts';
import {
  answerStep,
  GREETING,
  giveTask,
  type Heard,
  hear,
  type Talk,
  tellPiece,
  type WireFault,
} from '../../core/wire/index.ts';
import type { StartedProgram } from './started-program.ts';

const HELLO_MS = 10_000;
const LINE_BYTES = 8 * 1024 * 1024;
/** How long it may take to leave by itself when its input ends. */
const LEAVE_MS = 500;
/** What it may still say after it ended, through pipes it left behind. */
const LAST_WORDS_MS = 200;
const NOISE_CHARACTERS = 64 * 1024;
const LAST_WORDS_CHARACTERS = 400;

export type WorkerProcessOptions = {
  /** Time for its hello; ten seconds unless told. */
  readonly helloMs?: number;
  /** Of one line; 8 MiB unless told. */
  readonly lineBytes?: number;
};

/** What waits for the worker's next words. */
type Waiting = (heard: Heard) => void;

/** A worker that is a process of its own and speaks the wire over its standard streams. */
export class WorkerProcess implements WorkerHost {
  readonly #program: StartedProgram;
  readonly #lineBytes: number;
  #description: WorkerDescription = { name: 'nobody', tasks: [] };
  #talk: Talk = GREETING;
  #waiting: Waiting | undefined;
  #fault: WireFault | undefined;
  #noise = '';

  private constructor(program: StartedProgram, { lineBytes = LINE_BYTES }: WorkerProcessOptions) {
    this.#program = program;
    this.#lineBytes = lineBytes;
  }

  /** Takes a program that was just started; one that does not say hello is ended. */
  static async greet(
    program: StartedProgram,
    options: WorkerProcessOptions = {},
  ): Promise<Result<WorkerProcess, WireFault & { readonly diagnostics: string }>> {
    const worker = new WorkerProcess(program, options);
    const fault = await worker.#greet(options.helloMs ?? HELLO_MS);
    if (fault === undefined) return ok(worker);
    return err({ ...fault, diagnostics: worker.diagnostics() });
  }

  get description(): WorkerDescription {
    return this.#description;
  }

  get pid(): number | undefined {
    return this.#program.pid;
  }

  /** The end of what it wrote to its standard error: for people to read, and for nothing else. */
  diagnostics(): string {
    return this.#noise;
  }

  async invoke({ task, input, takeStep, signal }: WorkerInvocation): Promise<WorkerEnd> {
    if (signal.aborted) return this.#cancel();
    if (this.#fault !== undefined) return died(this.#fault);
    const onAbort = (): void => void this.#cancel();
    signal.addEventListener('abort', onAbort);
    try {
      const [talk, line] = giveTask(this.#talk, task, input);
      return await this.#work(talk, line, takeStep);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #work(
    first: Talk,
    firstLine: string,
    takeStep: WorkerInvocation['takeStep'],
  ): Promise<WorkerEnd> {
    for (let [talk, line] = [first, firstLine]; ; ) {
      const heard = await this.#say(talk, line);
      if (heard.kind === 'ended') return heard.end;
      if (heard.kind !== 'asked') return died(this.#fault!);
      const answer = await this.#answered(heard.step, takeStep);
      // It died or was ended meanwhile; what it asked for was done all the same.
      if (this.#fault !== undefined || answer === undefined) return died(this.#fault!);
      [talk, line] = answerStep(this.#talk, answer);
    }
  }

  /** Undefined when it is cancelled: nobody waits for the step then. */
  async #answered(step: WorkerStep, takeStep: WorkerInvocation['takeStep']) {
    const cancelled = new Promise<undefined>((resolve) => {
      this.#waiting = ({ kind }) => {
        if (kind === 'broken' && this.#fault?.code === 'worker.cancelled') resolve(undefined);
      };
    });
    const onText = (piece: string | undefined): void => {
      const line = tellPiece(this.#talk, step.index, piece);
      if (line !== undefined) writeTogether(this.#program.stdin, `${line}\n`);
    };
    return Promise.race([takeStep(step, onText), cancelled]);
  }

  async close(): Promise<void> {
    const { stdin, exited, kill } = this.#program;
    stdin.end();
    const isGone = await Promise.race([exited.then(() => true), sleep(LEAVE_MS, false)]);
    if (!isGone) kill('SIGTERM');
    if (!isGone) await Promise.race([exited, sleep(LEAVE_MS)]);
    this.#end({ code: 'worker.died', message: 'it was closed' });
    await exited;
  }

  async #greet(helloMs: number): Promise<WireFault | undefined> {
    const patience = new AbortController();
    void sleep(helloMs, undefined, { signal: patience.signal, ref: false }).then(
      () => this.#end({ code: 'worker.no_hello', message: `it said nothing in ${helloMs} ms` }),
      () => {},
    );
    const greeted = new Promise<Heard>((resolve) => {
      this.#waiting = resolve;
    });
    this.#listen();
    const heard = await greeted;
    patience.abort();
    if (heard.kind !== 'described') return this.#fault;
    this.#description = heard.description;
    return undefined;
  }

  #say(talk: Talk, line: string): Promise<Heard> {
    this.#talk = talk;
    return new Promise((resolve) => {
      this.#waiting = resolve;
      writeTogether(this.#program.stdin, `${line}\n`);
    });
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#program;
    // A pipe breaks when the worker dies; its death is noticed below, once and for all.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {});
    stderr.setEncoding('utf8').on('data', (text: string) => this.#hearNoise(text));
    const lines = new LineSplitter({ maxBytes: this.#lineBytes });
    stdout.on('data', (chunk: Uint8Array) => {
      for (const frame of lines.push(chunk)) {
        if (this.#fault !== undefined) return;
        this.#take(hear(this.#talk, frame));
      }
    });
    void this.#watch();
  }

  #take([talk, heard]: readonly [Talk, Heard]): void {
    this.#talk = talk;
    if (heard.kind === 'broken') this.#end(heard.fault);
    else this.#tell(heard);
  }

  #tell(heard: Heard): void {
    const waiting = this.#waiting;
    if (heard.kind !== 'broken') this.#waiting = undefined;
    waiting?.(heard);
  }

  #cancel(): WorkerEnd {
    return died(this.#end({ code: 'worker.cancelled', message: 'its run was cancelled' }));
  }

  /** Ends it and everything it started, once; the first reason is kept. */
  #end(fault: WireFault): WireFault {
    this.#program.kill('SIGKILL');
    if (this.#fault !== undefined) return this.#fault;
    this.#fault = fault;
    this.#talk = { phase: 'over' };
    this.#tell({ kind: 'broken', fault });
    const { stdin, stdout, stderr } = this.#program;
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
    return fault;
  }

  async #watch(): Promise<void> {
    const { stdout, exited } = this.#program;
    const drained = new Promise<void>((resolve) => stdout.on('close', () => resolve()));
    const words = await exited;
    // What it said before it ended is still in the pipe; on a starved machine the time is over
    // before the pipe was read even once, so one more turn is given to read it.
    await Promise.race([drained, sleep(LAST_WORDS_MS).then(() => nextTurn())]);
    const told = endingOf(this.#noise, LAST_WORDS_CHARACTERS).trim();
    const code = this.#talk.phase === 'greeting' ? 'worker.no_hello' : 'worker.died';
    this.#end({ code, message: told === '' ? words : `${words}: ${told}` });
  }

  #hearNoise(text: string): void {
    this.#noise = (this.#noise + text).slice(-NOISE_CHARACTERS).toWellFormed();
  }
}

function died({ code, message }: WireFault): WorkerEnd {
  return { kind: 'died', code, message };
}
