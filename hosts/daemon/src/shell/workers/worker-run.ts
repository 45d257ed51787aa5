import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest, Json } from '@ioi/canon';
import { validateValue } from '@ioi/drivers';
import { END_WORKER_RUN, guestSeedOf, type Judged, judgeOutput, verificationOf } from '@ioi/law';
import type {
  EndWorkerRun,
  OpenWorkerRun,
  Rejection,
  StepAnswer,
  TakeStep,
  WorkerHost,
  WorkerStep,
} from '@ioi/protocol';
import {
  isEnded,
  MOST_STEPS,
  queued,
  type Run,
  type RunEffect,
  type RunInput,
  stepRun,
} from '@ioi/workers';
import { LEASE_LOST } from '../execution/lease-board.ts';
import type { Session } from '../mcp/session.ts';
import { whenPast } from './deadline.ts';
import type { Leave, Places } from './places.ts';
import type { RunGiven } from './run-given.ts';
import type { RunJournal } from './run-journal.ts';
import { keptAs, OVER, RunSteps, type StepsOptions } from './run-steps.ts';
import { sealable } from './sealable.ts';

export type WorkerRunOptions = StepsOptions & {
  readonly places: Places;
  /** A person holds it: nothing is told to its worker until it goes on. */
  readonly isHeld: (runId: string) => boolean;
  readonly onEnded: (run: WorkerRun) => void;
  readonly log: (message: string, about: object) => void;
};

/** A worker that said hello; `leave` is absent where it takes no place from others. */
export type Started = { readonly host: WorkerHost; readonly leave?: Leave };

type OnText = NonNullable<Parameters<TakeStep>[1]>;
type End = { readonly code?: string; readonly detail?: string };

/** Between two looks at what keeps a run from its end. */
const AGAIN_MS = 100;
const STILL_OPEN: Rejection = { code: 'run.act_open', message: 'an act is under way' };

/**
 * One run under way: takes what happens to its life, and does what that says. While a person is
 * waited for its worker may be let go; then it is started again and told the same again.
 */
export class WorkerRun {
  readonly opened: OpenWorkerRun;
  readonly journal: RunJournal;
  /** Resolves when its end is sealed. */
  readonly over: Promise<void>;
  readonly #options: WorkerRunOptions;
  readonly #given: RunGiven;
  #steps: RunSteps;
  #session: Session;
  #started: Started | undefined;
  #isParked = false;
  readonly #cut = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #settle: () => void;
  #run: Run;
  #held: PromiseWithResolvers<void> | undefined;
  #output: Json | undefined;
  /** What its output decides of the contract of the run. */
  #judged: readonly Judged[] | undefined;
  #isSuspended = false;
  readonly #unwatch: () => void;

  constructor(options: WorkerRunOptions, given: RunGiven) {
    this.#options = options;
    this.#given = given;
    this.#run = queued(given.opened.task.constraints.max_steps ?? MOST_STEPS);
    this.opened = given.opened;
    this.journal = given.journal;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#settle = resolve;
    this.#session = given.newSession();
    this.#steps = this.#newSteps();
    const { deadline } = this.opened.task.constraints;
    this.#unwatch = whenPast(deadline, () => {
      this.take({ kind: 'failed', code: 'run.deadline', detail: 'its deadline has passed' });
    });
  }

  #newSteps(): RunSteps {
    const { opened: run, workspace, seed, journal } = this.#given;
    let withdraw: (() => void) | undefined;
    const onWaiting = (isWaiting: boolean): void => {
      this.take({ kind: isWaiting ? 'step_waits' : 'step_goes_on' });
      withdraw?.();
      withdraw = isWaiting ? this.#spare() : undefined;
    };
    const about = { run, session: this.#session, workspace, seed, journal };
    return new RunSteps(this.#options, { ...about, signal: this.#cut.signal, onWaiting });
  }

  /** With a worker that was started for it, or when it is its turn. */
  begin(started?: Started): void {
    if (this.#options.isHeld(this.opened.run_id)) this.take({ kind: 'paused' });
    if (this.#run.state === 'queued' && started !== undefined) {
      this.#work(started);
      return;
    }
    void started?.host.close();
    started?.leave?.();
    void this.#queue();
  }

  /** Runs before it that wait for their turn; undefined where it does not. */
  get ahead(): number | undefined {
    return this.#options.places.ahead(this.opened.run_id);
  }

  async #queue(): Promise<void> {
    const { places } = this.#options;
    const { opened } = this.#given;
    while (!this.#isOver) {
      await this.#held?.promise;
      // What the node or an executor carries out holds no process here.
      const isOwn = opened.own !== undefined || opened.execution !== undefined;
      const leave = isOwn ? () => {} : await places.next(opened.run_id, this.#cut.signal);
      if (leave === undefined) return;
      if (this.#run.state === 'queued') return this.#start(leave);
      leave();
    }
  }

  async #start(leave: Leave): Promise<void> {
    this.take({ kind: 'assigned' });
    // A folder of somebody's may hold anything by now: that is no reason to stop.
    const started = await this.#given.start().catch((fault: unknown) => {
      const message = `what it was started from cannot be read: ${String(fault)}`;
      return { ok: false, error: { code: 'worker.path', message } } as const;
    });
    if (started.ok && !this.#isOver) return this.#work({ host: started.value, leave });
    if (started.ok) await started.value.close();
    leave();
    if (started.ok) return;
    this.take({ kind: 'failed', code: started.error.code, detail: started.error.message });
  }

  #work(started: Started): void {
    this.#started = started;
    for (const kind of ['assigned', 'starting', 'described'] as const) this.take({ kind });
    // Before its first step: what a person held is held after a restart too.
    if (this.#options.isHeld(this.opened.run_id)) this.take({ kind: 'paused' });
  }

  get #isOver(): boolean {
    return this.#isSuspended || isEnded(this.#run.state);
  }

  /** Its place is others' while it waits; what this returns says that it waits no longer. */
  #spare(): (() => void) | undefined {
    const started = this.#started;
    if (started?.leave === undefined) return undefined;
    return this.#options.places.spare(() => this.#park(started));
  }

  #park(started: Started): void {
    if (this.#started !== started || this.#isOver) return;
    this.#started = undefined;
    this.#isParked = true;
    void started.host.close();
    this.take({ kind: 'parked' });
    started.leave?.();
    // What waits for a person is waited for; then it is its turn again.
    if (this.#steps.waiting.length === 0) this.#goOn();
  }

  #goOn(): void {
    if (this.#isOver || !this.#isParked) return;
    this.#isParked = false;
    this.#session = this.#given.newSession();
    this.#steps = this.#newSteps();
    void this.#queue();
  }

  get run(): Run {
    return this.#run;
  }

  get waiting(): readonly Digest[] {
    return this.#steps.waiting;
  }

  /** What it returned, as long as it is remembered here. */
  get output(): Json | undefined {
    return this.#output;
  }

  /** The node stops: what it is at is gone on with by the next start, and has no end now. */
  suspend(): void {
    this.#isSuspended = true;
    this.#unwatch();
    this.#cut.abort();
  }

  take(input: RunInput): void {
    if (this.#isSuspended) return;
    const [next, effects] = stepRun(this.#run, input);
    this.#run = next;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: RunEffect): void {
    switch (effect.kind) {
      case 'start':
        return;
      case 'invoke':
        return void (this.#started && this.#invoke(this.#started));
      case 'hold':
        this.#held ??= Promise.withResolvers<void>();
        return;
      case 'release':
        this.#held?.resolve();
        this.#held = undefined;
        return;
      case 'abort':
        this.#steps.cancelWaiting();
        this.#cut.abort();
        this.#held?.resolve();
        return;
      case 'verify':
        this.#verify();
        return;
      case 'end':
        return void this.#end(effect.state);
    }
  }

  async #invoke(started: Started): Promise<void> {
    const { giveInput, opened, seed } = this.#given;
    const { objective: task } = opened.task;
    const input = giveInput(this.#session);
    if (!input.ok) return this.take({ kind: 'failed', ...input.error });
    const takeStep: TakeStep = (step, onText) => {
      const answering = this.#answer(started, step, onText);
      this.#underWay.add(answering);
      void answering.finally(() => this.#underWay.delete(answering));
      return answering;
    };
    const { signal } = this.#cut;
    const chance = seed && { randomSeed: guestSeedOf({ run_id: opened.run_id, seed }) };
    const call = { task, input: input.value, takeStep, signal, ...chance };
    const end = await started.host.invoke(call);
    // It was let go meanwhile, and is no end of the run.
    if (this.#started !== started) return;
    if (end.kind === 'died' && end.code === LEASE_LOST) {
      // What is under way has its record first: it is joined then, and not asked for again.
      await Promise.allSettled([...this.#underWay]);
      return this.#park(started);
    }
    if (end.kind === 'returned') this.#output = end.output;
    this.take({ kind: 'ended', end });
  }

  async #answer(started: Started, step: WorkerStep, onText?: OnText): Promise<StepAnswer> {
    if (this.#started !== started) return OVER;
    this.take({ kind: 'step_taken' });
    await this.#whileHeld();
    if (isEnded(this.#run.state) || this.#started !== started) return OVER;
    const taken = await this.#steps
      .take(step, onText && this.#whileItRuns(onText))
      .catch((fault: unknown) => {
        this.#options.log('a step failed', { run: this.opened.run_id, fault: String(fault) });
        return { ok: false, error: { code: 'daemon.fault', message: String(fault) } } as const;
      });
    if (this.#started !== started) this.#goOn();
    // Told once it may go on: a person who pauses a run sees nothing more of it.
    else await this.#whileHeld();
    if (this.#started !== started) return OVER;
    if (taken.ok) return taken.value;
    const { code, message } = taken.error;
    this.take({ kind: 'failed', code, detail: message });
    return { kind: 'failed', code, message };
  }

  async #whileHeld(): Promise<void> {
    if (this.#held === undefined) return;
    const withdraw = this.#spare();
    await this.#held.promise;
    withdraw?.();
  }

  /** Once it is paused it is told no more pieces: the answer has the whole text. */
  #whileItRuns(onText: OnText): OnText {
    let wasHeld = false;
    return (piece) => {
      wasHeld ||= this.#held !== undefined;
      if (!wasHeld) onText(piece);
    };
  }

  /** Judged by the schema of its task, never by what the worker says of itself. */
  #verify(): void {
    const { objective } = this.opened.task;
    const tasks = this.#started?.host.description.tasks;
    const task = tasks?.find(({ name }) => name === objective);
    const fits = task && validateValue(task.output_schema, this.#output ?? null);
    if (fits?.ok === true) {
      this.#judge();
      return;
    }
    const why = fits === undefined ? 'it has no such task' : fits.error.message;
    this.take({ kind: 'failed', code: 'run.output_invalid', detail: why });
  }

  /** A contract that its output breaks is broken, whatever the worker says. */
  #judge(): void {
    const { contract } = this.opened;
    this.#judged = contract && judgeOutput(contract, this.#output ?? null);
    const broken = this.#judged?.find(({ verdict }) => verdict === 'broken');
    if (broken === undefined) {
      this.take({ kind: 'verified' });
      return;
    }
    const detail = `${broken.entry}: ${broken.why}`;
    this.take({ kind: 'failed', code: 'run.contract_broken', detail });
  }

  async #end(state: EndWorkerRun['state']): Promise<void> {
    this.#unwatch();
    const started = this.#started;
    const closing = started?.host.close();
    this.#steps.cancelWaiting();
    // What was sealed goes on to its receipt; until then there is no root over it.
    await Promise.allSettled([...this.#underWay, closing]);
    started?.leave?.();
    await this.#sealed(state);
    // Then the next start ends it: it is held until then.
    if (this.#isSuspended) return;
    this.#options.boundary.left(this.opened.session_id);
    this.#options.onEnded(this);
    this.#settle();
  }

  /** One way or another, once nothing can come of its acts any more. */
  async #sealed(state: EndWorkerRun['state']): Promise<void> {
    while (!this.#isSuspended) {
      const { code, detail } = this.#run;
      const wanted = this.#run.state === 'failed' ? 'failed' : state;
      const why = { ...(code === undefined ? {} : { code }), ...(detail ? { detail } : {}) };
      const refused = this.journal.open().length > 0 ? STILL_OPEN : await this.#seal(wanted, why);
      if (refused === undefined) return;
      if (refused === STILL_OPEN || refused.code === 'run.act_open' || wanted !== 'completed') {
        this.#steps.cancelWaiting();
        await sleep(AGAIN_MS);
      } else {
        this.#run = { ...this.#run, state: 'failed', code: refused.code, detail: refused.message };
      }
    }
  }

  async #seal(state: EndWorkerRun['state'], { code, detail }: End) {
    const { contents, writer, log } = this.#options;
    const { opened, seed } = this.#given;
    const { run_id, task_schema_hash } = opened;
    const { origin } = this.#session;
    const about = keptAs(origin, opened.session_id as Digest);
    const isCompleted = state === 'completed';
    // What broke its contract is kept too: somebody may want to see with what.
    const isGiven = isCompleted || this.#judged !== undefined;
    const kept = isGiven ? contents.output(about, this.#output ?? null) : undefined;
    const output = kept ? { output_commitment: kept.commitment } : {};
    const verified = { run_id, task_schema_hash, ...output };
    const payload: EndWorkerRun = {
      ...{ run_id, state, acts: this.journal.acts() },
      ...output,
      ...(isCompleted ? { verification_commit: verificationOf(verified) } : {}),
      ...(this.#judged === undefined ? {} : { judged: [...this.#judged] }),
      ...(seed === undefined ? {} : { seed }),
      ...(code === undefined ? {} : { code: code.slice(0, 256) }),
      ...(detail === undefined ? {} : { detail: sealable(detail) }),
    };
    const sealed = await writer.submit(END_WORKER_RUN, payload, {}, kept?.put?.beside);
    contents.settle(kept?.put, sealed.ok);
    if (sealed.ok) return undefined;
    log('the end of a run was refused', { run: run_id, refusal: sealed.error });
    return sealed.error;
  }
}
