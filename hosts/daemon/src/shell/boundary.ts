import type { Payloads } from '@ioi/agentgres';
import { BoundedMap, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { decide } from '@ioi/firewall';
import {
  budgetIdsIn,
  decidingContents,
  egressRules,
  type PolicyCache,
  sealedActionOf,
  subjectOf,
} from '@ioi/law';
import type {
  ApprovalToken,
  DecideAction,
  Driver,
  Edge,
  IsolationTier,
  Outcome,
  Rejection,
  SealedAction,
} from '@ioi/protocol';
import {
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
import { type Caller, performOptions } from './caller.ts';
import type { Contents } from './contents.ts';
import type { EventKind, Events } from './events.ts';
import type { HeadReader } from './head-reader.ts';
import { layersNow } from './layers-now.ts';
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
  readonly log: (message: string, about: object) => void;
};

type Running = {
  stage: Stage;
  readonly call: Call;
  caller: (Caller & { readonly answer: (answer: Answer) => void }) | undefined;
  sealed?: SealedAction;
  /** Contents of the request, until the decision that refers to them is sealed. */
  payloads: Payloads;
  /** Set once it waits for a person: only then may another call join it. */
  pause?: Decided;
  /** A decision by a person that came before the pause was known here. */
  early?: Input;
};

/** A call under way, as the door holds it. */
export type Submission = {
  readonly answer: Promise<Answer>;
  /** The caller waits for no person any more: what is pending stays so, for a call like it. */
  readonly abandon: () => void;
};

type Kept = { readonly answer: Answer; readonly until: number };

/** Answers to approved calls that nobody was there to take, for the agent's retry. */
const KEPT_ANSWERS = 256;
const KEPT_MS = 10 * 60_000;
/** Requests that may wait for a person at once. */
const MAX_WAITING = 1024;

/**
 * Runs the pipeline's effects: the only place where a decision, a seal and a driver meet, and
 * the only caller of `Driver.perform`.
 */
export class Boundary {
  readonly #options: BoundaryOptions;
  readonly #running = new Map<Digest, Running>();
  readonly #kept = new BoundedMap<Digest, Kept>(KEPT_ANSWERS);
  /** Paused actions nobody waits for, by what they are about. */
  readonly #idle = new Map<Digest, Set<Digest>>();
  #waiting = 0;

  constructor(options: BoundaryOptions) {
    this.#options = options;
  }

  /**
   * One call to its end. A retry of a call that paused for a person, and lost its caller, joins
   * it: nobody is asked twice for the same act, and it is not done twice. Nothing else is ever
   * shared between calls.
   */
  submit(call: Call, caller: Caller, payloads: Payloads): Submission {
    const kept = this.#takeKept(call.intent);
    if (kept) return { answer: Promise.resolve(kept), abandon: () => {} };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const waiting = { ...caller, answer: resolve };
    const idle = this.#takeIdle(call.intent);
    if (idle) {
      idle.caller = waiting;
      if (idle.pause) caller.onPending?.(idle.pause);
      return { answer: promise, abandon: () => this.#abandon(idle, waiting) };
    }
    const first = begin(call);
    const running: Running = { stage: first.stage, call, caller: waiting, payloads };
    this.#running.set(call.requestHash, running);
    this.#emit('tool.proposed', call);
    this.#apply(running, first);
    return { answer: promise, abandon: () => this.#abandon(running, waiting) };
  }

  stageOf(requestHash: string): Stage['at'] | undefined {
    return this.#running.get(requestHash as Digest)?.stage.at;
  }

  /** By which rules what a tool sends is inspected now; undefined: it is not. */
  egressRulesFor(contract: Call['contract']): ReturnType<typeof egressRules> {
    const layers = this.#layers();
    return layers.ok ? egressRules(layers.value, contract) : undefined;
  }

  #layers(): ReturnType<typeof layersNow> {
    return layersNow(this.#options.reader, this.#options.policies);
  }

  waiting(): Call[] {
    return [...this.#running.values()]
      .filter((running) => running.stage.at === 'waiting')
      .map((running) => running.call);
  }

  /** A request found pending in the log after a restart. */
  resume(call: Call, pause: Decided): void {
    const stage: Stage = { at: 'waiting', call };
    const running: Running = { stage, call, caller: undefined, payloads: {}, pause };
    this.#running.set(call.requestHash, running);
    this.#waiting += 1;
    this.#addIdle(running);
  }

  approved(requestHash: string, token: ApprovalToken): void {
    this.#feed(requestHash, { kind: 'approved', token });
  }

  denied(requestHash: string, reason: 'denied' | 'expired' | 'cancelled', note?: string): void {
    this.#feed(requestHash, { kind: 'denied', reason, ...(note === undefined ? {} : { note }) });
  }

  #abandon(running: Running, caller: Running['caller']): void {
    // One that runs on still tells its caller of its end: until then it takes up room there.
    if (running.caller !== caller || running.pause === undefined) return;
    running.caller = undefined;
    this.#addIdle(running);
  }

  #addIdle({ call }: Running): void {
    const { intent } = call;
    const hashes = this.#idle.get(intent) ?? new Set();
    this.#idle.set(intent, hashes.add(call.requestHash));
  }

  #takeIdle(intent: Digest): Running | undefined {
    const [hash] = this.#idle.get(intent) ?? [];
    const running = hash && this.#running.get(hash);
    if (hash) this.#forgetIdle(intent, hash);
    return running;
  }

  #forgetIdle(intent: Digest, hash: Digest): void {
    const hashes = this.#idle.get(intent);
    hashes?.delete(hash);
    if (hashes?.size === 0) this.#idle.delete(intent);
  }

  #takeKept(intent: Digest): Answer | undefined {
    const kept = this.#kept.get(intent);
    this.#kept.delete(intent);
    return kept && kept.until > performance.now() ? kept.answer : undefined;
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
    const why = { code: 'daemon.fault', message };
    const kind = effect.kind === 'gather' ? 'no_facts' : 'refused';
    if (effect.kind !== 'answer') this.#apply(running, step(running.stage, { kind, why }));
  }

  async #run(running: Running, effect: Effect): Promise<Input | undefined> {
    switch (effect.kind) {
      case 'gather':
        return this.#gather(effect.call);
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
        return this.#refuse(effect);
      case 'answer':
        this.#answer(running, effect.answer);
        return undefined;
    }
  }

  async #gather(call: Call): Promise<Input> {
    const facts = await this.#options.driverFor(call.contract)?.gather(call.contract, call.request);
    if (!facts) return { kind: 'no_facts', why: noDriver(call) };
    if (!facts.ok) return { kind: 'no_facts', why: facts.error };
    const { provenance } = call;
    const seen = provenance === undefined ? {} : { provenance };
    return { kind: 'facts', facts: { ...facts.value, ...seen } };
  }

  /** Decides here first, for the verdict to claim; the guardian's is the one that counts. */
  async #decide(running: Running, effect: Extract<Effect, { kind: 'decide' }>): Promise<Input> {
    const { call, facts, token } = effect;
    const { reader, isolationTier, writer, contents } = this.#options;
    const found = this.#layers();
    if (!found.ok) return { kind: 'refused', why: found.error };
    const layers = found.value;
    const { local: policy, ceiling } = layers;
    const budgets = reader.budgets();
    const named = decidingContents(layers, call.request);
    const decidedOn = contents.decidedOn(named, running.payloads);
    const inspected = await contents.inspected(call, layers, running.payloads);
    const egress = inspected?.decision.outcome;
    const input = { facts, contents: decidedOn.contents, policy, ceiling, budgets, egress };
    const { decision } = decide({ request: call.request, contract: call.contract, ...input });
    const subject = subjectOf(call.request, facts);
    const payload: DecideAction = {
      request: call.request,
      contract_hash: call.contractHash,
      facts,
      attempt: call.attempt,
      verdict: decision.verdict,
      isolation_tier: isolationTier,
      budget_ids: [...budgetIdsIn(layers, subject)],
      ...(token ? { token } : {}),
      ...(named.length > 0 ? { evidence: [...named] } : {}),
      ...(inspected ? { inspection: inspected.decision } : {}),
    };
    // Of what is blocked only that is kept which the block rests on.
    const isBlocked = decision.verdict === 'BLOCK';
    const shown = { ...decidedOn.payloads, ...inspected?.payloads };
    const kept = Object.entries(running.payloads).filter(
      ([digest]) => !isBlocked || Object.hasOwn(shown, digest),
    );
    const put = await contents.put(call, Object.fromEntries(kept), Object.keys(shown));
    const submitted = await writer.submit('action.decide', payload, shown);
    contents.settle(put, submitted.ok);
    if (submitted.ok) running.payloads = {};
    return this.#decided(running, submitted);
  }

  #decided(running: Running, submitted: Result<Sealed, Rejection>): Input {
    if (!submitted.ok) return { kind: 'refused', why: submitted.error };
    const { entry, seal } = submitted.value;
    const decision = decidedIn(entry);
    if (!decision) return { kind: 'refused', why: { code: 'log.damaged', message: 'no receipt' } };
    const sealed = sealedActionOf(seal, entry, running.call.contract);
    if (sealed) running.sealed = sealed;
    this.#emit('policy.decided', running.call, decision.receiptId, { code: decision.code });
    return { kind: 'decided', decision };
  }

  /** The final invoker: the one place in the node where an effect begins. */
  async #perform({ sealed, call, caller, pause }: Running): Promise<Outcome> {
    const driver = this.#options.driverFor(call.contract);
    if (!sealed || !driver) return { kind: 'failed_before_effect', reason: noDriver(call).message };
    try {
      // What a person approved is not taken back by whoever happens to wait for it.
      const options = performOptions(caller, pause !== undefined);
      return await driver.perform(sealed, this.#options.edge, options);
    } catch (fault) {
      return { kind: 'effect_unknown', reason: `driver fault: ${String(fault)}` };
    }
  }

  async #record(running: Running, outcome: Outcome): Promise<Input> {
    const { sealed, call } = running;
    if (!sealed) return { kind: 'refused', why: noDriver(call) };
    const { contents, writer } = this.#options;
    const output = await contents.output(call, outcome.output);
    const commitment = output?.commitment;
    const payload = executionOf(sealed, call, { outcome, commitment });
    const submitted = await writer.submit('action.receipt', payload);
    contents.settle(output?.kept ?? [], submitted.ok);
    if (!submitted.ok) return { kind: 'refused', why: submitted.error };
    const receipt = executionIn(submitted.value.entry);
    if (!receipt) return { kind: 'refused', why: { code: 'log.damaged', message: 'no receipt' } };
    const { outcome: kind } = receipt.receipt;
    this.#emit('receipt.emitted', call, receipt.receiptId, { outcome: kind });
    return { kind: 'recorded', receipt };
  }

  async #deny(effect: Extract<Effect, { kind: 'deny' }>): Promise<Input> {
    const { call, reason, note } = effect;
    const about = note === undefined ? {} : { note: note.slice(0, 1000).toWellFormed() };
    const payload = { request_hash: call.requestHash, reason, ...about };
    const submitted = await this.#options.writer.submit('action.deny', payload);
    if (!submitted.ok) return { kind: 'refused', why: submitted.error };
    const decision = decidedIn(submitted.value.entry);
    if (!decision) return { kind: 'refused', why: { code: 'log.damaged', message: 'no receipt' } };
    return { kind: 'decided', decision };
  }

  #emit(kind: EventKind, call: Call, receipt?: string, about: Record<string, unknown> = {}): void {
    const { target, context } = call.request;
    const payload = { request_hash: call.requestHash, target, ...about };
    this.#options.events.emit(kind, context.agent_id, payload, receipt);
  }

  /** It waits for a person now; too many that wait are too much for any person. */
  async #announce(running: Running, decision: Decided): Promise<Input | undefined> {
    running.pause = decision;
    this.#waiting += 1;
    this.#emit('approval.requested', running.call, decision.receiptId);
    if (running.caller) running.caller.onPending?.(decision);
    else this.#addIdle(running);
    if (this.#waiting <= MAX_WAITING) return running.early;
    return { kind: 'denied', reason: 'cancelled', note: 'too many requests wait already' };
  }

  async #refuse({ call, why }: Extract<Effect, { kind: 'refuse' }>): Promise<Input> {
    const payload = {
      raw_hash: call.requestHash,
      agent_id: call.request.context.agent_id,
      code: 'request.invalid',
      detail: why.message.slice(0, 1000).toWellFormed(),
      isolation_tier: this.#options.isolationTier,
    };
    const submitted = await this.#options.writer.submit('action.refuse', payload);
    const decision = submitted.ok ? decidedIn(submitted.value.entry) : undefined;
    return decision ? { kind: 'decided', decision } : { kind: 'refused', why };
  }

  #answer(running: Running, answer: Answer): void {
    const { intent } = running.call;
    this.#running.delete(running.call.requestHash);
    this.#forgetIdle(intent, running.call.requestHash);
    if (running.pause) this.#waiting -= 1;
    if (running.caller) running.caller.answer(answer);
    else if (running.pause) this.#kept.set(intent, { answer, until: performance.now() + KEPT_MS });
  }
}

function noDriver({ contract }: Call): Rejection {
  const message = `the server ${contract.server} is not mounted`;
  return { code: 'driver.missing', message };
}
