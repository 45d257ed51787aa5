import { stripTypeScriptTypes } from 'node:module';
import { assert, err, ok, type Result } from '@ioi/basis';
import type { Rejection, WorkerEnd, WorkerStep, WorkerTask } from '@ioi/protocol';
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core';
import type { GuestLimits } from '../../core/guest/guest-limits.ts';
import {
  endIn,
  NOTHING_SAID,
  OUT_OF_MEMORY,
  raisedBy,
  stepIn,
  tasksIn,
} from '../../core/guest/guest-words.ts';
import { Stretch, spentMs } from '../../core/guest/stretch.ts';
import { Unanswered } from '../../core/guest/unanswered.ts';
import type { GuestEngine, Interpreter } from './guest-engine.ts';

/** One file, of JavaScript or of TypeScript whose types can be left out. */
export type GuestFile = { readonly name: string; readonly text: string };

/** What a guest did until it had nothing more to do. */
export type GuestTurn = { readonly steps: readonly WorkerStep[]; readonly end?: WorkerEnd };

/** Of a language without clock, chance, weak references or anything of a platform. */
const LANGUAGE = {
  ...{ BaseObjects: true, Eval: true, RegExp: true, RegExpCompiler: true, JSON: true },
  ...{ Proxy: true, MapSet: true, TypedArrays: true, Promise: true, BigInt: true },
};
/** Before the end, among what was left: no text of JSON begins so. */
const ENDED = '!';
const JOBS_AT_ONCE = 1000;
/** What is resumed is a call that costs more than most. */
const JOBS_A_WORK = 100;
const VERBS = ['describe', 'fault', 'begin', 'settle'] as const;
type Verb = (typeof VERBS)[number];
/** What it leaves there during a turn, and the names of that, made once. */
type Outbox = Readonly<Record<'place' | 'left' | 'isOver', QuickJSHandle>>;

/** A worker's file in an interpreter of its own. One task, and it is thrown away. */
export class Guest {
  readonly #limits: GuestLimits;
  readonly #isNearlyFull: Interpreter['isNearlyFull'];
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #verbs: Readonly<Record<Verb, QuickJSHandle>>;
  readonly #outbox: Outbox;
  #work = 0;
  #stretch: Stretch;
  #overrun: string | undefined;
  #isBegun = false;
  #asked = 0;
  #settled = 0;
  readonly #unanswered: Unanswered;
  /** It said what is no step. */
  #isWrong = false;
  #steps: WorkerStep[] = [];
  #end: WorkerEnd | undefined;

  private constructor(
    { quickjs, isNearlyFull }: Interpreter,
    prelude: string,
    limits: GuestLimits,
  ) {
    this.#limits = limits;
    this.#unanswered = new Unanswered(limits.memoryBytes);
    this.#stretch = new Stretch(limits.turnMs, performance.now());
    this.#isNearlyFull = isNearlyFull;
    this.#runtime = quickjs.newRuntime();
    this.#runtime.setMemoryLimit(limits.memoryBytes);
    this.#runtime.setMaxStackSize(limits.stackBytes);
    this.#context = this.#runtime.newContext({ intrinsics: LANGUAGE });
    this.#runtime.setInterruptHandler(() => this.#isOver());
    const entered = this.#enter(prelude);
    this.#verbs = entered;
    this.#outbox = {
      place: entered.outbox,
      left: this.#context.newString('left'),
      isOver: this.#context.newString('isOver'),
    };
  }

  /** Reads the file and what it declares; it does nothing else yet. */
  static async open(
    engine: GuestEngine,
    file: GuestFile,
    limits: GuestLimits,
  ): Promise<Result<{ readonly guest: Guest; readonly tasks: readonly WorkerTask[] }, Rejection>> {
    const text = plainText(file);
    if (!text.ok) return text;
    const interpreter = await engine.interpreter(limits.memoryBytes);
    const guest = new Guest(interpreter, engine.prelude, limits);
    const tasks = guest.#loaded({ ...file, text: text.value });
    return tasks.ok ? ok({ guest, tasks: tasks.value }) : tasks;
  }

  /** `seed`, in hex: what its `Math.random` is drawn from; it has none without. */
  begin(task: string, input: string, seed = ''): GuestTurn {
    assert(!this.#isBegun, 'a guest does one task');
    this.#isBegun = true;
    const given = [task, input, seed].map((text) => this.#context.newString(text));
    return this.#turn('begin', ...given);
  }

  settle(index: number, answer: string): GuestTurn {
    this.#settled += 1;
    this.#unanswered.answered(index);
    return this.#turn('settle', this.#context.newString(`[${index},${answer}]`));
  }

  #isOver(): boolean {
    this.#worked(1);
    return this.#overrun !== undefined;
  }

  #worked(work: number): void {
    this.#work += work;
    if (this.#work > this.#limits.work) this.#overrun = 'it computed more than a task may';
    else if (this.#isTooLong()) this.#overrun = 'it computed for too long';
  }

  #isTooLong(): boolean {
    const now = performance.now();
    const stretch = this.#stretch;
    return stretch.isWorthALook(now) && stretch.isOver(now, spentMs(process.threadCpuUsage()));
  }

  #enter(prelude: string): Readonly<Record<Verb | 'outbox', QuickJSHandle>> {
    const context = this.#context;
    const strict = { type: 'global', strict: true } as const;
    const enter = context.unwrapResult(context.evalCode(prelude, 'boundary', strict));
    const { steps, textBytes } = this.#limits;
    const limits = context.newString(JSON.stringify({ steps, textBytes }));
    const take = context.newFunction('take', (left) => this.#take(context.getString(left)));
    const called = context.callFunction(enter, context.undefined, limits, take);
    const verbs = context.unwrapResult(called);
    const names = [...VERBS, 'outbox'] as const;
    const found = names.map((name) => [name, context.getProp(verbs, name)] as const);
    for (const each of [enter, limits, take, verbs]) each.dispose();
    return Object.fromEntries(found) as Readonly<Record<Verb | 'outbox', QuickJSHandle>>;
  }

  #loaded(file: GuestFile): Result<readonly WorkerTask[], Rejection> {
    try {
      return this.#load(file);
    } catch (fault) {
      const { code, message } = brokenBy(fault);
      return refused(code, message);
    }
  }

  #load({ name, text }: GuestFile): Result<readonly WorkerTask[], Rejection> {
    const context = this.#context;
    const evaluated = context.evalCode(text, name, { type: 'module' });
    if (evaluated.error) return this.#notLoaded(evaluated.error);
    this.#runJobs();
    const state = context.getPromiseState(evaluated.value);
    evaluated.value.dispose();
    if (state.type === 'rejected') return this.#notLoaded(state.error);
    if (state.type === 'fulfilled' && !state.notAPromise) state.value.dispose();
    if (this.#overrun !== undefined) return refused('guest.out_of_time', this.#overrun);
    if (state.type === 'pending') return refused('guest.not_loaded', 'it waits at its top level');
    const declared = context.callFunction(this.#verbs.describe, context.undefined);
    if (declared.error) return this.#notLoaded(declared.error);
    return tasksIn(declared.value.consume(context.getString.bind(context)), this.#limits.textBytes);
  }

  #notLoaded(error: QuickJSHandle): Result<never, Rejection> {
    const fault = this.#faultIn(error);
    if (this.#overrun !== undefined) return refused('guest.out_of_time', this.#overrun);
    const end = this.#raised(fault);
    const message = end.kind === 'returned' ? '' : end.message;
    if (end.kind === 'died') return refused(end.code, message);
    const at = /\(?([^\s(]+:\d+:\d+)/.exec(String(fault['trace']))?.[1];
    const isSyntax = fault['name'] === 'SyntaxError';
    const code = isSyntax ? 'guest.syntax' : 'guest.not_loaded';
    const name = isSyntax ? '' : `${end.kind === 'raised' ? end.code : ''}: `;
    return refused(code, at === undefined ? `${name}${message}` : `${name}${message} (${at})`);
  }

  #faultIn(error: QuickJSHandle): Readonly<Record<string, unknown>> {
    const context = this.#context;
    const told = context.callFunction(this.#verbs.fault, context.undefined, error);
    error.dispose();
    if (!told.error) return JSON.parse(told.value.consume(context.getString.bind(context)));
    told.error.dispose();
    return {};
  }

  #raised(fault: Readonly<Record<string, unknown>>): WorkerEnd {
    // A guest without memory throws nothing: there is no room for an error.
    const isNothing = fault['name'] === undefined && this.#isNearlyFull();
    return isNothing ? OUT_OF_MEMORY : raisedBy(fault);
  }

  /** What was left since it was handed anything, and the end, where there is one. */
  #collect(): void {
    const { place, left } = this.#outbox;
    const context = this.#context;
    const said = context.getProp(place, left);
    // Without room for it there is nothing to read: what it asked for is not done by halves.
    if (context.typeof(said) !== 'string') this.#end = OUT_OF_MEMORY;
    const text = said.consume(context.getString.bind(context));
    const isEnd = text.startsWith(ENDED);
    const at = isEnd ? text.indexOf('\n') : 0;
    this.#take(isEnd ? text.slice(at + 1) : text);
    if (isEnd) this.#say(text.slice(ENDED.length, at));
  }

  /** In the order in which it asked. One that says what is no step ends, whatever it was told. */
  #take(lines: string): void {
    const { steps, textBytes } = this.#limits;
    for (const text of lines.split('\n')) {
      if (text === '' || this.#isWrong) continue;
      const isOne = this.#asked < steps;
      const step = isOne ? stepIn(text, textBytes) : err(`a task has at most ${steps} steps`);
      if (step.ok && this.#unanswered.asked(text.length)) {
        this.#steps.push({ index: this.#asked, ...step.value });
        this.#asked += 1;
      } else {
        this.#isWrong = true;
        const why = step.ok ? undefined : { name: 'TypeError', message: step.error };
        this.#end = why === undefined ? OUT_OF_MEMORY : raisedBy(why);
      }
    }
  }

  get #hasEnded(): boolean {
    const { place, isOver } = this.#outbox;
    const context = this.#context;
    return context.getProp(place, isOver).consume((said) => context.dump(said) === true);
  }

  #say(text: string): void {
    const end = endIn(text, this.#limits.textBytes);
    const isNothing = end.kind === 'raised' && end.message === NOTHING_SAID;
    this.#end ??= isNothing && this.#isNearlyFull() ? OUT_OF_MEMORY : end;
  }

  #turn(verb: 'begin' | 'settle', ...given: readonly QuickJSHandle[]): GuestTurn {
    this.#stretch = new Stretch(this.#limits.turnMs, performance.now());
    try {
      this.#call(verb, given);
      this.#runJobs();
      if (this.#overrun === undefined) this.#collect();
    } catch (fault) {
      this.#end = brokenBy(fault);
    }
    const steps = this.#steps;
    this.#steps = [];
    // It waits for nothing, and had no room to say why.
    if (this.#asked === this.#settled && this.#isNearlyFull()) this.#end ??= OUT_OF_MEMORY;
    const end = this.#overrun === undefined ? this.#end : outOfTime(this.#overrun);
    return end === undefined ? { steps } : { steps, end };
  }

  #call(verb: Verb, given: readonly QuickJSHandle[]): void {
    const called = this.#context.callFunction(this.#verbs[verb], this.#context.undefined, ...given);
    for (const each of given) each.dispose();
    if (called.error) this.#end ??= this.#raised(this.#faultIn(called.error));
    else called.value.dispose();
  }

  /** Until nothing is left to do: what it waits for comes from outside. */
  #runJobs(): void {
    let hasRun = false;
    for (let count = JOBS_AT_ONCE; count === JOBS_AT_ONCE; hasRun = true) {
      if (this.#overrun !== undefined || this.#end !== undefined) return;
      if (hasRun && this.#hasEnded) return;
      const ran = this.#runtime.executePendingJobs(JOBS_AT_ONCE);
      if (ran.error) this.#end = this.#raised(this.#faultIn(ran.error));
      count = ran.error ? 0 : ran.value;
      this.#worked(Math.ceil(count / JOBS_A_WORK));
    }
  }
}

function plainText({ name, text }: GuestFile): Result<string, Rejection> {
  if (!/\.m?ts$/.test(name)) return ok(text);
  try {
    return ok(stripTypeScriptTypes(text, { mode: 'strip' }));
  } catch (fault) {
    return refused('guest.syntax', (fault as Error).message);
  }
}

/** The machine below gave up, as on nesting deeper than it has room for: nothing of it is used. */
function brokenBy(fault: unknown): Extract<WorkerEnd, { kind: 'died' }> {
  if (!(fault instanceof RangeError)) {
    return { kind: 'died', code: 'guest.broken', message: `its interpreter failed: ${fault}` };
  }
  return { kind: 'died', code: 'guest.out_of_stack', message: 'it nested deeper than it may' };
}

function outOfTime(message: string): WorkerEnd {
  return { kind: 'died', code: 'guest.out_of_time', message };
}

function refused(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
