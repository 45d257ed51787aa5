import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest, Json } from '@ioi/canon';
import { validateValue } from '@ioi/drivers';
import { END_WORKER_RUN, type Judged, judgeOutput, redactText, verificationOf } from '@ioi/law';
import type {
  EndWorkerRun,
  OpenWorkerRun,
  Rejection,
  StepAnswer,
  TakeStep,
  WorkerHost,
  WorkerStep,
  WorkerTask,
} from '@ioi/protocol';
import { isEnded, type Run, type RunEffect, type RunInput, stepRun } from '@ioi/workers';
import type { Session } from '../mcp/session.ts';
import type { RunJournal } from './run-journal.ts';
import { keptAs, OVER, RunSteps, type StepsOptions } from './run-steps.ts';

export type WorkerRunOptions = StepsOptions & {
  readonly onEnded: (run: WorkerRun) => void;
  readonly log: (message: string, about: object) => void;
};

export type RunGiven = {
  readonly opened: OpenWorkerRun;
  readonly input: Json;
  readonly workspace: string;
  readonly session: Session;
  readonly journal: RunJournal;
  readonly host: WorkerHost;
  readonly run: Run;
};

type OnText = NonNullable<Parameters<TakeStep>[1]>;
type End = { readonly code?: string; readonly detail?: string };

const MOST_DETAIL = 4000;
const LONGEST_TIMER_MS = 2_147_483_647;
/** Between two looks at what keeps a run from its end. */
const AGAIN_MS = 100;
const STILL_OPEN: Rejection = { code: 'run.act_open', message: 'an act is under way' };

/** One run under way: takes what happens to its life, and does what that says. */
export class WorkerRun {
  readonly opened: OpenWorkerRun;
  readonly journal: RunJournal;
  /** Resolves when its end is sealed. */
  readonly over: Promise<void>;
  readonly #options: WorkerRunOptions;
  readonly #given: RunGiven;
  readonly #steps: RunSteps;
  readonly #cut = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #settle: () => void;
  #run: Run;
  #held: PromiseWithResolvers<void> | undefined;
  #output: Json | undefined;
  /** What its output decides of the contract of the run. */
  #judged: readonly Judged[] | undefined;
  #isSuspended = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: WorkerRunOptions, given: RunGiven) {
    this.#options = options;
    this.#given = given;
    this.#run = given.run;
    this.opened = given.opened;
    this.journal = given.journal;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#settle = resolve;
    const { opened: run, session, workspace, journal } = given;
    this.#steps = new RunSteps(options, {
      ...{ run, session, workspace, journal, signal: this.#cut.signal },
      onWaiting: (isWaiting) => this.take({ kind: isWaiting ? 'step_waits' : 'step_goes_on' }),
    });
    this.#watchDeadline();
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
    clearTimeout(this.#deadline);
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
        return void this.#invoke();
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

  async #invoke(): Promise<void> {
    const { host, input, opened } = this.#given;
    const { objective: task } = opened.task;
    const takeStep: TakeStep = (step, onText) => {
      const answering = this.#answer(step, onText);
      this.#underWay.add(answering);
      void answering.finally(() => this.#underWay.delete(answering));
      return answering;
    };
    const end = await host.invoke({ task, input, takeStep, signal: this.#cut.signal });
    if (end.kind === 'returned') this.#output = end.output;
    this.take({ kind: 'ended', end });
  }

  async #answer(step: WorkerStep, onText?: OnText): Promise<StepAnswer> {
    this.take({ kind: 'step_taken' });
    await this.#held?.promise;
    if (isEnded(this.#run.state)) return OVER;
    const taken = await this.#steps
      .take(step, onText && this.#whileItRuns(onText))
      .catch((fault: unknown) => {
        this.#options.log('a step failed', { run: this.opened.run_id, fault: String(fault) });
        return { ok: false, error: { code: 'daemon.fault', message: String(fault) } } as const;
      });
    // Told once it may go on: a person who pauses a run sees nothing more of it.
    await this.#held?.promise;
    if (taken.ok) return taken.value;
    const { code, message } = taken.error;
    this.take({ kind: 'failed', code, detail: message });
    return { kind: 'failed', code, message };
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
    const { host, opened } = this.#given;
    const task = taskOf(host, opened.task.objective);
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
    clearTimeout(this.#deadline);
    const { host, session } = this.#given;
    const closing = host.close();
    this.#steps.cancelWaiting();
    // What was sealed goes on to its receipt; until then there is no root over it.
    await Promise.allSettled([...this.#underWay, closing]);
    await this.#sealed(state);
    // Then the next start ends it: it is held until then.
    if (this.#isSuspended) return;
    this.#options.boundary.left(session.origin.session_id);
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
    const { session, opened } = this.#given;
    const { run_id, task_schema_hash } = opened;
    const { origin } = session;
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
      ...(code === undefined ? {} : { code: code.slice(0, 256) }),
      ...(detail === undefined ? {} : { detail: sealable(detail) }),
    };
    const sealed = await writer.submit(END_WORKER_RUN, payload, {}, kept?.put?.beside);
    contents.settle(kept?.put, sealed.ok);
    if (sealed.ok) return undefined;
    log('the end of a run was refused', { run: run_id, refusal: sealed.error });
    return sealed.error;
  }

  #watchDeadline(): void {
    const { deadline } = this.opened.task.constraints;
    if (deadline === undefined) return;
    const left = Number(deadline) - Date.now();
    const look = (): void => {
      if (left > LONGEST_TIMER_MS) this.#watchDeadline();
      else this.take({ kind: 'failed', code: 'run.deadline', detail: 'its deadline has passed' });
    };
    this.#deadline = setTimeout(look, Math.min(Math.max(0, left), LONGEST_TIMER_MS));
    this.#deadline.unref();
  }
}

/** What a worker says of its end stays in the log: no secret that it printed stays with it. */
export function sealable(detail: string): string {
  return redactText(detail.toWellFormed()).text.slice(0, MOST_DETAIL).toWellFormed();
}

function taskOf(host: WorkerHost, name: string): WorkerTask | undefined {
  return host.description.tasks.find((each) => each.name === name);
}
