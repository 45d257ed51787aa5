import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestOf, type Json } from '@ioi/canon';
import {
  ANSWER_STEP,
  keys,
  type RoutingTable,
  randomBytesOf,
  undeclaredIn,
  WORKER_SERVER,
  type WorkerMemoryHead,
  workerHash,
  workerKeys,
} from '@ioi/law';
import type { AnswerStep, OpenWorkerRun, Rejection, StepAnswer, WorkerStep } from '@ioi/protocol';
import { MOST_ATTEMPTS, MOST_STEPS, nonceOf, stepHash, tagOf, takeStep } from '@ioi/workers';
import { type Answer, answerOfDecision, answerOfExecution, type Call } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import type { Contents } from '../contents.ts';
import type { HeadReader } from '../head-reader.ts';
import { type Capturing, captureBound } from '../mcp/capture.ts';
import type { Session } from '../mcp/session.ts';
import type { Writer } from '../writer.ts';
import { bindStep } from './bind-step.ts';
import { Readings } from './readings.ts';
import type { RunJournal } from './run-journal.ts';
import type { Sayings } from './sayings.ts';

export type StepsOptions = Capturing & {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly contents: Contents;
  readonly routing: () => RoutingTable;
  readonly sayings: Sayings;
};

export type StepsOf = {
  readonly run: Pick<
    OpenWorkerRun,
    'run_id' | 'worker_id' | 'managed' | 'own' | 'approval' | 'task'
  >;
  readonly session: Session;
  readonly workspace: string;
  readonly seed?: string | undefined;
  readonly journal: RunJournal;
  readonly signal: AbortSignal;
  /** A person is waited for, or no longer. */
  readonly onWaiting: (isWaiting: boolean) => void;
};

type OnText = NonNullable<Caller['onText']>;

type Told = {
  readonly answer: StepAnswer;
  readonly remembers?: { readonly key_hash: Digest; readonly value: Json };
  /** Of what is remembered: what had been read where it was. */
  readonly labels?: readonly string[];
};

type Local = Result<Told, Rejection>;

const MOST_BYTES = 65_536;
const MOST_KEY = 256;
const MOST_VALUE = 262_144;
const MOST_LABELS = 256;

/** Answers the steps of one run, from its journal or by an act. Nothing here decides. */
export class RunSteps {
  readonly #options: StepsOptions;
  readonly #of: StepsOf;
  /** Steps that wait for a person now. */
  readonly #waiting = new Set<number>();
  readonly #readings: Readings;
  #isOver = false;

  constructor(options: StepsOptions, of: StepsOf) {
    this.#options = options;
    this.#of = of;
    this.#readings = new Readings(of.run);
  }

  /** A rejection ends the run: no answer could be the right one. */
  async take(step: WorkerStep, onText?: OnText): Promise<Result<StepAnswer, Rejection>> {
    const { reader } = this.#options;
    const expired = this.#readings.expired(BigInt(reader.chainTime()));
    if (expired !== undefined) return err(expired);
    const taken = await this.#take(step, onText);
    if (!taken.ok || taken.value.kind !== 'done') return taken;
    const now = BigInt(reader.chainTime());
    this.#readings.note(step, this.#of.journal.readAt(step.index) ?? now);
    const stale = this.#readings.expired(now);
    return stale === undefined ? taken : err(stale);
  }

  async #take(step: WorkerStep, onText?: OnText): Promise<Result<StepAnswer, Rejection>> {
    const hash = stepHash(step);
    if (!hash.ok) return ok({ kind: 'refused', ...hash.error });
    if (step.index >= MOST_STEPS) {
      return err({ code: 'run.too_many_steps', message: `a run has at most ${MOST_STEPS} steps` });
    }
    const { journal } = this.#of;
    const taken = takeStep(journal.recordOf(step.index), step, tagOf(hash.value));
    if (!taken.ok) return taken;
    if (taken.value.kind === 'tell') {
      this.#giveAgain(step, taken.value.answer);
      return ok(taken.value.answer);
    }
    if (taken.value.kind === 'join') return this.#join(step, hash.value);
    const local = this.#local(step);
    if (local === undefined) return this.#act(step, hash.value, onText);
    const told = local.ok ? local.value : { answer: { kind: 'refused', ...local.error } as const };
    return this.#tell(step, hash.value, told);
  }

  /** Where values come from is known after a restart as it was before. */
  #giveAgain(step: WorkerStep, answer: StepAnswer): void {
    const { journal, session } = this.#of;
    const given = journal.givenOf(step.index);
    if (given !== undefined) session.evidence.given(given.contract, given.output);
    this.#remembered(step, { answer, labels: journal.labelsOf(step.index) });
  }

  /** What is remembered comes from wherever it came from when it was. */
  #remembered({ target }: WorkerStep, { answer, labels }: Remembered): void {
    if (target !== 'memory::get' || answer.kind !== 'done' || answer.output === null) return;
    const source = { server: WORKER_SERVER, target, labels: [...(labels ?? [])] };
    this.#of.session.evidence.given(source, answer.output);
  }

  /** What still waits for a person, also since before a restart, is not wanted any more. */
  cancelWaiting(): void {
    this.#isOver = true;
    const { journal } = this.#of;
    for (const hash of journal.open()) this.#options.boundary.denied(hash, 'cancelled');
  }

  get waiting(): readonly Digest[] {
    return [...this.#waiting].flatMap((index) => this.#of.journal.requestOf(index) ?? []);
  }

  #local({ target, params, index }: WorkerStep): Local | undefined {
    const { reader } = this.#options;
    switch (target) {
      case 'clock::now':
        return done(String(reader.chainTime()));
      case 'random::bytes':
        return this.#chance(index, params['count']);
      case 'memory::get':
        return this.#recall(params['key']);
      case 'memory::put':
        return this.#remember(params['key'], params['value'] ?? null);
      default:
        return undefined;
    }
  }

  /** From the seed that was committed before the first step; else nobody could check it. */
  #chance(index: number, count: unknown): Local {
    if (!isByteCount(count)) return NO_COUNT;
    const { run, seed } = this.#of;
    if (seed === undefined) return done(randomBytes(count).toString('base64'));
    const bytes = randomBytesOf({ run_id: run.run_id, seed }, index, count);
    return done(Buffer.from(bytes).toString('base64'));
  }

  #recall(key: unknown): Local {
    if (!isKey(key)) return NO_KEY;
    const { reader, contents } = this.#options;
    const at = workerKeys.memory(this.#of.run.worker_id, workerHash(key));
    const head = reader.get<WorkerMemoryHead>(at);
    // What is not kept any more is not remembered.
    const text = head && contents.text(head.value);
    if (text === undefined) return done(null);
    const answer = { kind: 'done', output: JSON.parse(text) as Json } as const;
    return ok({ answer, ...(head?.labels ? { labels: head.labels } : {}) });
  }

  #remember(key: unknown, value: Json): Local {
    if (!isKey(key)) return NO_KEY;
    const text = canonicalJson(value);
    if (!text.ok) return err({ code: 'canon.refused', message: text.error.message });
    if (text.value.length > MOST_VALUE) {
      const message = `what is remembered has at most ${MOST_VALUE} characters`;
      return err({ code: 'step.params_invalid', message });
    }
    const { labels } = this.#of.session.evidence;
    if (labels.length > MOST_LABELS) {
      const message = `it comes from more than ${MOST_LABELS} sources`;
      return err({ code: 'memory.too_many_sources', message });
    }
    const answer = { kind: 'done', output: null } as const;
    const from = labels.length > 0 ? { labels } : {};
    return ok({ answer, remembers: { key_hash: workerHash(key), value }, ...from });
  }

  /** Sealed before it is told, so that it is told again as it was. */
  async #tell(
    step: WorkerStep,
    step_hash: Digest,
    { answer, remembers, labels }: Told,
  ): Promise<Result<StepAnswer, Rejection>> {
    const { contents, writer } = this.#options;
    const { run, session } = this.#of;
    const about = keptAs(session.origin, step_hash);
    const kept = contents.output(about, answer);
    const value = remembers && contents.output(about, remembers.value);
    if (kept === undefined) return err({ code: 'canon.refused', message: 'an answer is JSON' });
    const payload: AnswerStep = {
      ...{ run_id: run.run_id, index: step.index, step_hash, answer_commitment: kept.commitment },
      ...(remembers && value
        ? { remembers: { key_hash: remembers.key_hash, value: value.commitment } }
        : {}),
      ...(labels === undefined ? {} : { labels: [...labels] }),
    };
    const put = [kept.put, value?.put].flatMap((each) => each ?? []);
    const beside = put.flatMap((each) => each.beside);
    const sealed = await writer.submit(ANSWER_STEP, payload, {}, beside);
    for (const each of put) contents.settle(each, sealed.ok);
    if (!sealed.ok) return sealed;
    this.#remembered(step, { answer, labels });
    return ok(answer);
  }

  async #act(
    step: WorkerStep,
    hash: Digest,
    onText: OnText | undefined,
  ): Promise<Result<StepAnswer, Rejection>> {
    const { journal, session, workspace } = this.#of;
    const { boundary, servers, routing } = this.#options;
    const { own, approval } = this.#of.run;
    const mayBeAsked = (): boolean => boundary.mayBeAsked();
    const bound = bindStep(step, { servers, workspace, routing, mayBeAsked, own, approval });
    if (!bound.ok) return this.#refused(step, hash, bound.error);
    const undeclared = undeclaredIn(this.#of.run, bound.value.contract.contract);
    if (undeclared !== undefined) return this.#refused(step, hash, undeclared);
    const attempt = journal.attemptOf(step.index);
    if (attempt >= MOST_ATTEMPTS) {
      return err({ code: 'run.too_many_attempts', message: `step ${step.index} never came to be` });
    }
    const place = { index: step.index, attempt, tag: tagOf(hash) };
    const { origin, evidence } = session;
    const asker = { origin, evidence, nextNonce: () => nonceOf(place) };
    const captured = await captureBound(bound.value, asker, this.#options);
    if ('refusal' in captured) return this.#refused(step, hash, captured.refusal);
    const { call, payloads } = captured;
    journal.asked(place, call.request.target, call.requestHash);
    // Never another act, however alike: each step has a record of its own.
    const streams = onText !== undefined && step.params['stream'] === true;
    const { sayings } = this.#options;
    const tell = sayings.heardOf(this.#of.run.run_id, step, streams ? onText : undefined);
    const caller = { ...this.#callerOf(step.index), ...(tell ? { onText: tell } : {}) };
    const answer = await boundary.start(call, caller, payloads).answer;
    sayings.over(this.#of.run.run_id, step.index);
    return this.#answered(step, { hash, call, answer });
  }

  /** One under way since before a restart is gone on with: nobody is asked twice. */
  async #join(step: WorkerStep, hash: Digest): Promise<Result<StepAnswer, Rejection>> {
    const request = this.#of.journal.requestOf(step.index);
    const { boundary } = this.#options;
    const joined = request && boundary.join(request, this.#callerOf(step.index));
    if (!joined) {
      const message = `what became of step ${step.index}, ${step.target}, is not known here`;
      return err({ code: 'run.record_lost', message });
    }
    const { call, answer } = joined;
    return this.#answered(step, { hash, call, answer: await answer });
  }

  #callerOf(index: number): Caller {
    return { signal: this.#of.signal, onPending: () => this.#pending(index) };
  }

  /** What waits for a person once its run is over is not wanted any more. */
  #pending(index: number): void {
    this.#waits(index, true);
    if (this.#isOver) this.cancelWaiting();
  }

  async #answered(
    step: WorkerStep,
    { hash, call, answer }: { readonly hash: Digest; readonly call: Call; readonly answer: Answer },
  ): Promise<Result<StepAnswer, Rejection>> {
    this.#waits(step.index, false);
    // Whoever is told nothing any more is told the truth at the next start.
    if (this.#of.signal.aborted) return ok(OVER);
    if (answer.kind === 'blocked') {
      const told = answerOfDecision(answer.decision);
      // What never became an action has no other record: a look at the machine could differ later.
      const isOnRecord = this.#options.reader.get(keys.action(call.requestHash)) !== undefined;
      return isOnRecord ? ok(told) : this.#tell(step, hash, { answer: told });
    }
    if (answer.kind === 'failed') {
      const { code, message } = answer;
      return this.#tell(step, hash, { answer: { kind: 'failed', code, message } });
    }
    const { outcome, receipt, receiptId } = answer;
    const { target } = call.request;
    if (outcome.output !== undefined)
      this.#of.session.evidence.given(call.contract, outcome.output);
    const told = answerOfExecution({ target, receipt, receiptId, output: outcome.output });
    // What is not known now may be found out later: then this is what was told all the same.
    return outcome.kind === 'completed' ? ok(told) : this.#tell(step, hash, { answer: told });
  }

  #refused(
    step: WorkerStep,
    hash: Digest,
    { code, message }: Rejection,
  ): Promise<Result<StepAnswer, Rejection>> {
    return this.#tell(step, hash, { answer: { kind: 'refused', code, message } });
  }

  #waits(index: number, isWaiting: boolean): void {
    const was = this.#waiting.has(index);
    if (was === isWaiting) return;
    if (isWaiting) this.#waiting.add(index);
    else this.#waiting.delete(index);
    this.#of.onWaiting(isWaiting);
  }
}

export const OVER: StepAnswer = {
  kind: 'failed',
  code: 'run.over',
  message: 'the run has ended',
};

type Remembered = {
  readonly answer: StepAnswer;
  readonly labels: readonly string[] | undefined;
};

/** Contents are kept beside the entries that name this digest. */
export function keptAs(
  origin: Session['origin'],
  requestHash: Digest,
): Pick<Call, 'requestHash' | 'request'> {
  return {
    requestHash,
    request: { target: 'worker::run', params: {}, context: origin, nonce: '0' },
  };
}

function done(output: Json): Local {
  return ok({ answer: { kind: 'done', output } });
}

const NO_KEY: Local = err({
  code: 'step.params_invalid',
  message: `a key is a text of at most ${MOST_KEY} characters`,
});

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key.length > 0 && key.length <= MOST_KEY && digestOf(key).ok;
}

const NO_COUNT: Local = err({
  code: 'step.params_invalid',
  message: `random::bytes takes a count from 1 to ${MOST_BYTES}`,
});

function isByteCount(count: unknown): count is number {
  return Number.isSafeInteger(count) && Number(count) > 0 && Number(count) <= MOST_BYTES;
}
