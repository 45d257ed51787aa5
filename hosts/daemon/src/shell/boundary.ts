import type { Payloads } from '@ioi/agentgres';
import { faultCode, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { egressRules, maySendQuestions, type PolicyCache, sealedActionOf } from '@ioi/law';
import type { ApprovalToken, Driver, Edge, IsolationTier, Outcome, Rejection } from '@ioi/protocol';
import {
  ActCounts,
  type Answer,
  begin,
  type Call,
  type Decided,
  decidedIn,
  type Effect,
  executionIn,
  executionOf,
  type Input,
  type Stage,
  type Step,
  step,
} from '../core/index.ts';
import { type Caller, noDriver, performOptions, STOPPED } from './caller.ts';
import type { Contents } from './contents.ts';
import { decideCall } from './decide-call.ts';
import { denyCall, gatherFacts, refuseCall } from './end-call.ts';
import type { EventKind, Events } from './events.ts';
import type { HeadReader } from './head-reader.ts';
import { IdleCalls } from './idle-calls.ts';
import { KeptAnswers, sessionOf } from './kept-answers.ts';
import { layersNow } from './layers-now.ts';
import type { Pauses } from './pauses.ts';
import { hasFewQuestions, isWaiting, NOT_WAITING, type Running, refusalIn } from './running.ts';
import type { Sealed, Writer } from './writer.ts';

export type BoundaryOptions = {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly policies: PolicyCache;
  readonly contents: Contents;
  readonly driverFor: (contract: Call['contract']) => Driver | undefined;
  readonly isolationTier: IsolationTier;
  readonly edge: Edge;
  readonly events: Events;
  readonly pauses: Pauses;
  readonly log: (message: string, about: object) => void;
};

/** A call under way, as the door holds it. */
export type Submission = {
  readonly answer: Promise<Answer>;
  /** The caller waits for no person any more: what is pending stays so, for a call like it. */
  readonly abandon: () => void;
  /** Its end, also where nobody waits for it any more; undefined where another took its place. */
  readonly over: Promise<Answer | undefined>;
};

/** Requests that may wait for a person at once. */
const MAX_WAITING = 1024;

/**
 * Runs the pipeline's effects: the only place where a decision, a seal and a driver meet, and
 * the only caller of `Driver.perform`.
 */
export class Boundary {
  readonly acts = new ActCounts();
  readonly pauses: Pauses;
  readonly #options: BoundaryOptions;
  readonly #running = new Map<Digest, Running>();
  readonly #kept = new KeptAnswers();
  readonly #idle = new IdleCalls();
  #waiting = 0;

  constructor(options: BoundaryOptions) {
    this.#options = options;
    this.pauses = options.pauses;
  }

  /**
   * One call to its end. A retry of a call that paused for a person, and lost its caller, joins
   * it: nobody is asked twice for the same act, and it is not done twice. Nothing else is ever
   * shared between calls.
   */
  submit(call: Call, caller: Caller, payloads: Payloads): Submission {
    const kept = this.#kept.take(call);
    if (kept) {
      const answer = Promise.resolve(kept);
      return { answer, abandon: () => {}, over: answer };
    }
    const idle = this.#takeIdle(call);
    return idle ? this.#joined(idle, caller) : this.start(call, caller, payloads);
  }

  /** One call to its end, whatever else is like it. */
  start(call: Call, caller: Caller, payloads: Payloads): Submission {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const waiting = { ...caller, answer: resolve };
    const first = begin(call);
    const over = Promise.withResolvers<Answer | undefined>();
    const running: Running = { stage: first.stage, call, caller: waiting, payloads, over };
    this.#running.set(call.requestHash, running);
    this.#emit('tool.proposed', call);
    this.#apply(running, first);
    return { answer: promise, abandon: () => this.#abandon(waiting), over: over.promise };
  }

  /** Waits for the end of one that paused and lost its caller; undefined where there is none. */
  join(requestHash: Digest, caller: Caller): (Submission & { readonly call: Call }) | undefined {
    const running = this.#running.get(requestHash);
    const isIdle = running?.pause !== undefined && running.caller === undefined;
    if (!isIdle) return undefined;
    this.#idle.forget(running.call);
    return { ...this.#joined(running, caller), call: running.call };
  }

  #joined(running: Running, caller: Caller): Submission {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const waiting = { ...caller, answer: resolve };
    running.caller = waiting;
    if (running.pause) caller.onPending?.(running.pause);
    return { answer: promise, abandon: () => this.#abandon(waiting), over: running.over.promise };
  }

  stageOf(requestHash: string): Stage['at'] | undefined {
    return this.#running.get(requestHash as Digest)?.stage.at;
  }

  /** By which rules what a tool sends is inspected now; undefined: it is not. */
  egressRulesFor(contract: Call['contract']): ReturnType<typeof egressRules> {
    const layers = this.#layers();
    return layers.ok ? egressRules(layers.value, contract) : undefined;
  }

  /** Whether agents may put questions to a person now. */
  mayBeAsked(): boolean {
    const layers = this.#layers();
    return layers.ok && maySendQuestions(layers.value);
  }

  #layers(): ReturnType<typeof layersNow> {
    return layersNow(this.#options.reader, this.#options.policies);
  }

  /** What waits for somebody, also while a grant is tried that may not be for it. */
  waiting(): Call[] {
    return this.underWay.filter(isWaiting).map(({ call }) => call);
  }

  get underWay(): readonly Running[] {
    return [...this.#running.values()];
  }

  /** A request found pending in the log after a restart. */
  resume(call: Call, pause: Decided): void {
    const stage: Stage = { at: 'waiting', call };
    const over = Promise.withResolvers<Answer | undefined>();
    const running: Running = { stage, call, caller: undefined, payloads: {}, pause, over };
    this.#running.set(call.requestHash, running);
    this.#waiting += 1;
    this.#idle.add(running.call);
  }

  approved(requestHash: string, token: ApprovalToken): void {
    this.#feed(requestHash, { kind: 'approved', token });
  }

  /** Its agent was given a grant, which may be the one it waits for. */
  granted(requestHash: string): void {
    this.#feed(requestHash, { kind: 'granted' });
  }

  /** The log ended it. */
  ended(requestHash: string, decision: Decided): void {
    this.#feed(requestHash, { kind: 'decided', decision });
  }

  /**
   * Another act in place of one that waits, because a person wants it so. Resolves once it is
   * sealed, or with why it is not: then the one that waits goes on waiting.
   */
  replace(call: Call, edited: Call, payloads: Payloads): Promise<Rejection | undefined> {
    const old = this.#running.get(call.requestHash);
    if (old?.stage.at !== 'waiting') return Promise.resolve(NOT_WAITING);
    const first = begin(edited);
    const { promise, resolve: told } = Promise.withResolvers<Rejection | undefined>();
    const running: Running = {
      ...{ stage: first.stage, call: edited, caller: undefined },
      ...{ payloads, replaces: { old, told }, over: Promise.withResolvers<Answer | undefined>() },
    };
    this.#running.set(edited.requestHash, running);
    this.#emit('tool.proposed', edited);
    this.#apply(running, first);
    return promise;
  }

  /** It is sealed: who waited for the old one waits for it, and the old one is over. */
  #takeOver(running: Running): void {
    const { replaces } = running;
    if (replaces === undefined) return;
    const { old, told } = replaces;
    delete running.replaces;
    running.caller = old.caller;
    if (old.pause) running.pause = old.pause;
    // Whatever still comes of the old one is for nobody.
    old.caller = undefined;
    delete old.pause;
    this.#running.delete(old.call.requestHash);
    this.#idle.forget(old.call);
    old.over.resolve(undefined);
    if (running.caller === undefined) this.#idle.add(running.call);
    told(undefined);
  }

  denied(requestHash: string, reason: 'denied' | 'expired' | 'cancelled', note?: string): void {
    const about = note === undefined ? {} : { note };
    // Whoever asked and gives up knows the request it asked for, not what it was edited into.
    const edited = [...this.#running.values()].find(({ call }) => call.edits === requestHash);
    const hash = reason === 'cancelled' ? (edited?.call.requestHash ?? requestHash) : requestHash;
    this.#feed(hash, { kind: 'denied', reason, ...about });
  }

  #abandon(caller: Running['caller']): void {
    const running = [...this.#running.values()].find((each) => each.caller === caller);
    // One that runs on still tells its caller of its end: until then it takes up room there.
    if (running?.pause === undefined) return;
    running.caller = undefined;
    this.#idle.add(running.call);
  }

  arrived(session: string | undefined): void {
    this.#kept.arrived(session);
  }

  left(session: string | undefined): void {
    this.#kept.left(session);
    this.pauses.left(session);
  }

  /** How long ago its last act ended, ms; undefined where none did while it was here. */
  sinceAnswered(session: string): number | undefined {
    return this.#kept.sinceAnswered(session);
  }

  #takeIdle(call: Call): Running | undefined {
    const hash = this.#idle.like(call).find((each) => {
      const running = this.#running.get(each);
      return running && this.#kept.mayTake(sessionOf(running.call), call);
    });
    const found = hash && this.#running.get(hash);
    if (found) this.#idle.forget(found.call);
    return found;
  }

  #feed(requestHash: string, input: Input): void {
    const running = this.#running.get(requestHash as Digest);
    if (!running) return;
    if (running.pause === undefined) running.early = input;
    else this.#apply(running, step(running.stage, input));
  }

  #apply(running: Running, next: Step): void {
    running.stage = next.stage;
    for (const effect of next.effects) {
      this.#run(running, effect).then(
        (input) => {
          this.acts.saw(effect, input);
          if (input) this.#apply(running, step(running.stage, input));
        },
        (fault) => this.#afterFault(running, effect, fault),
      );
    }
  }

  /** A bug in an effect must not leave its caller waiting for ever. */
  #afterFault(running: Running, effect: Effect, fault: unknown): void {
    const message = String(fault);
    this.#options.log('effect failed', { effect: effect.kind, fault: message });
    const why = { code: faultCode(fault, 'daemon.fault'), message };
    const kind = effect.kind === 'gather' ? 'no_facts' : 'refused';
    if (effect.kind !== 'answer') this.#apply(running, step(running.stage, { kind, why }));
  }

  async #run(running: Running, effect: Effect): Promise<Input | undefined> {
    switch (effect.kind) {
      case 'gather':
        return gatherFacts(effect.call, this.#options.driverFor);
      case 'decide':
        return this.#decide(running, effect);
      case 'announce':
        return this.#announce(running, effect.decision);
      case 'perform':
        this.#emit('tool.started', effect.call);
        return { kind: 'performed', outcome: await this.#perform(running) };
      case 'record':
        return this.#record(running, effect.outcome);
      case 'deny':
        return this.#deny(effect);
      case 'refuse':
        return refuseCall(effect, this.#options);
      case 'answer':
        this.#answer(running, effect.answer);
        return undefined;
    }
  }

  async #decide(running: Running, effect: Extract<Effect, { kind: 'decide' }>): Promise<Input> {
    const tell = (milliseconds: number): void => this.acts.decidedIn(milliseconds);
    return this.#decided(running, await decideCall(running, effect, { ...this.#options, tell }));
  }

  #decided(running: Running, submitted: Result<Sealed, Rejection>): Input {
    if (!submitted.ok) return { kind: 'refused', why: submitted.error };
    const { entry, seal } = submitted.value;
    const decision = decidedIn(entry);
    if (!decision) return { kind: 'refused', why: { code: 'log.damaged', message: 'no receipt' } };
    this.#takeOver(running);
    const sealed = sealedActionOf(seal, entry, running.call.contract);
    if (sealed) running.sealed = sealed;
    this.#emit('policy.decided', running.call, decision.receiptId, { code: decision.code });
    return { kind: 'decided', decision };
  }

  /** The final invoker: the one place in the node where an effect begins. */
  async #perform({ sealed, call, caller, pause }: Running): Promise<Outcome> {
    const driver = this.#options.driverFor(call.contract);
    if (!sealed || !driver) return { kind: 'failed_before_effect', reason: noDriver(call).message };
    const { contents, edge } = this.#options;
    const held = await contents.hold(call.request.params);
    if (!held.ok) return { kind: 'failed_before_effect', reason: held.error };
    try {
      if (this.pauses.isStopped) return STOPPED;
      // What a person approved is not taken back by whoever happens to wait for it.
      const options = performOptions(caller, pause !== undefined);
      return await driver.perform(sealed, edge, options);
    } catch (fault) {
      return { kind: 'effect_unknown', reason: `driver fault: ${String(fault)}` };
    } finally {
      held.value();
    }
  }

  async #record(running: Running, outcome: Outcome): Promise<Input> {
    const { sealed, call } = running;
    if (!sealed) return { kind: 'refused', why: noDriver(call) };
    const { contents, writer } = this.#options;
    const output = contents.output(call, outcome.output);
    const commitment = output?.commitment;
    const payload = executionOf(sealed, call, { outcome, commitment });
    const submitted = await writer.submit('action.receipt', payload, {}, output?.put?.beside);
    contents.settle(output?.put, submitted.ok);
    if (!submitted.ok) return { kind: 'refused', why: submitted.error };
    const receipt = executionIn(submitted.value.entry);
    if (!receipt) return { kind: 'refused', why: { code: 'log.damaged', message: 'no receipt' } };
    this.#emit('receipt.emitted', call, receipt.receiptId, { outcome: receipt.receipt.outcome });
    return { kind: 'recorded', receipt };
  }

  /** Whoever watches is told of an end that nothing was performed before. */
  async #deny(effect: Extract<Effect, { kind: 'deny' }>): Promise<Input> {
    const input = await denyCall(effect, this.#options.writer);
    if (input.kind !== 'decided') return input;
    const { code, receiptId } = input.decision;
    this.#emit('receipt.emitted', effect.call, receiptId, { code });
    return input;
  }

  #emit(kind: EventKind, call: Call, receipt?: string, about: Record<string, unknown> = {}): void {
    const { agent_id, session_id = '' } = call.request.context;
    const { target } = call.request;
    const payload = { request_hash: call.requestHash, target, session_id, ...about };
    this.#options.events.emit(kind, agent_id, payload, receipt);
  }

  /** It waits for a person now; too many that wait are too much for any person. */
  async #announce(running: Running, decision: Decided): Promise<Input | undefined> {
    if (running.pause === undefined) this.#waiting += 1;
    running.pause = decision;
    const { risk_class } = running.call.contract;
    this.#emit('approval.requested', running.call, decision.receiptId, { risk_class });
    if (running.caller) running.caller.onPending?.(decision);
    else this.#idle.add(running.call);
    if (this.#waiting <= MAX_WAITING && hasFewQuestions(running, this.waiting()))
      return running.early;
    return { kind: 'denied', reason: 'cancelled', note: 'too many requests wait already' };
  }

  #answer(running: Running, answer: Answer): void {
    this.#running.delete(running.call.requestHash);
    this.#idle.forget(running.call);
    running.over.resolve(answer);
    this.#kept.answered(sessionOf(running.call));
    if (running.replaces) return void running.replaces.told(refusalIn(answer));
    if (running.pause) this.#waiting -= 1;
    const { editedNames: edited } = running.call;
    const told = edited === undefined ? answer : { ...answer, edited };
    if (running.caller) running.caller.answer(told);
    else if (running.pause) this.#kept.keep(running.call, told);
  }
}
