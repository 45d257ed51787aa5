import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestBytes } from '@ioi/canon';
import {
  BEGIN_GRAPH_STEP,
  type CarriedGraphStep,
  type Delivered,
  END_GRAPH_RUN,
  type GraphMove,
  type GraphRunHead,
  graphEndsBy,
  graphMoves,
  graphStep,
  isCarriedStep,
  SETTLE_GRAPH_STEP,
} from '@ioi/law';
import type { BeginGraphStep, EndGraphRun, GraphStepArtifact, Rejection } from '@ioi/protocol';
import type { Events } from '../events.ts';
import { runRecipe } from './graph-recipe.ts';
import { type GraphRecords, labelled } from './graph-records.ts';
import {
  AGAIN_MS,
  type BegunStep,
  GraphSteps,
  type GraphStepsOptions,
  MOST_REFUSALS,
  policyNow,
} from './graph-steps.ts';

export type GraphRunOptions = GraphStepsOptions & { readonly events: Events };

type MoveOf<K extends GraphMove['kind']> = Extract<GraphMove, { readonly kind: K }>;

/** Other refusals pass, such as that of a witness who is away. */
const OF_THE_GRAPH = /^(graph\.|canon\.|operation\.(invalid_payload|not_canonical)$)/;

/**
 * Carries one graph out: what its records say comes next is sealed, and then done. Nothing is
 * remembered here, so a start after a stop goes on with the same records.
 */
export class GraphRun {
  /** Resolves when its end is sealed. */
  readonly over: Promise<void>;
  readonly #options: GraphRunOptions;
  readonly #records: GraphRecords;
  readonly #steps: GraphSteps;
  readonly #watched = new Set<string>();
  /** Recipes under way, which begin anew after a stop. */
  readonly #checking = new Set<string>();
  readonly #cut = new AbortController();
  readonly #settle: () => void;
  #changed = Promise.withResolvers<void>();
  #isSuspended = false;
  #refusals = 0;
  #stuck: string | undefined;

  constructor(options: GraphRunOptions, records: GraphRecords) {
    this.#options = options;
    this.#records = records;
    this.#steps = new GraphSteps(options, records);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#settle = resolve;
  }

  get id(): string {
    return this.#records.graph.opened.graph_run_id;
  }

  /** The node stops: the next start goes on. */
  suspend(): void {
    this.#isSuspended = true;
    this.#steps.suspend();
    this.#cut.abort();
    this.wake();
  }

  /** Something else than a step changed: somebody cancelled it. */
  wake(): void {
    this.#changed.resolve();
  }

  /** `after` is done before it is over. */
  async carryOut(after: (head: GraphRunHead) => Promise<void>): Promise<void> {
    const timer = this.#watchTime();
    try {
      await this.#untilEnd();
      if (this.#isSuspended) return;
      this.#tell('ended');
      await after(this.#records.head);
    } finally {
      clearTimeout(timer);
      // Whoever waits for it is not left waiting, whatever happened.
      this.#settle();
    }
  }

  async #untilEnd(): Promise<void> {
    this.#rejoin();
    while (!this.#isSuspended) {
      this.#changed = Promise.withResolvers<void>();
      const progress = this.#records.progress(Date.now(), this.#checking);
      const moves = graphMoves({ ...progress, stuck: this.#stuck });
      const refused = await this.#make(moves);
      if (refused !== undefined) {
        await this.#refused(refused);
        continue;
      }
      if (moves.length > 0) this.#refusals = 0;
      if (moves.some(({ kind }) => kind === 'end')) return;
      if (moves.every(({ kind }) => kind === 'stop')) await this.#changed.promise;
    }
  }

  async #refused(refused: Rejection): Promise<void> {
    this.#options.log('a step of a graph was refused', { graph: this.id, ...refused });
    this.#refusals += OF_THE_GRAPH.test(refused.code) ? 1 : 0;
    if (this.#refusals >= MOST_REFUSALS) this.#stuck ??= refused.code.slice(0, 256);
    await sleep(AGAIN_MS);
  }

  /** The first refusal: then what is on record is looked at again. */
  async #make(moves: readonly GraphMove[]): Promise<Rejection | undefined> {
    for (const move of moves) {
      const refused = await this.#do(move);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  async #do(move: GraphMove): Promise<Rejection | undefined> {
    if (this.#isSuspended) return undefined;
    switch (move.kind) {
      case 'begin':
        return this.#begin(move);
      case 'check':
        this.#check(move);
        return undefined;
      case 'settle':
        return this.#leave(move);
      case 'stop': {
        const head = this.#records.standing.step(move.stepId);
        if (head?.state === 'begun') this.#steps.stop(head.run_id);
        else this.#cut.abort();
        return undefined;
      }
      case 'end':
        return this.#end(move);
    }
  }

  /** What was begun before a stop is gone on with, under the same id. */
  #rejoin(): void {
    const { standing } = this.#records;
    for (const step of standing.workflow.steps) {
      const head = standing.step(step.step_id);
      if (head?.state === 'begun' && isCarriedStep(standing.workflow, step))
        this.#watch(step, head);
    }
  }

  async #begin({ stepId, inputs }: MoveOf<'begin'>): Promise<Rejection | undefined> {
    const { standing } = this.#records;
    const step = graphStep(standing.workflow, stepId);
    if (step === undefined || !isCarriedStep(standing.workflow, step)) return NOT_OURS;
    const begun: BeginGraphStep = {
      graph_run_id: this.id,
      step_id: stepId,
      run_id: `run_${randomBytes(16).toString('hex')}`,
      session_id: digestBytes(randomBytes(32)),
      inputs: this.#hashed(inputs),
      parents: [...(standing.parents(stepId) ?? [])],
    };
    const sealed = await this.#options.writer.submit(BEGIN_GRAPH_STEP, begun);
    if (!sealed.ok) return sealed.error;
    this.#tell('begun', stepId);
    this.#watch(step, begun);
    return undefined;
  }

  #check({ stepId, command }: MoveOf<'check'>): void {
    const { workspace: folder, unconfined: isUnconfined } = this.#records.given;
    const { signal } = this.#cut;
    this.#checking.add(stepId);
    const ended = runRecipe({ command, folder, isUnconfined, signal }).catch(String);
    void ended.then(async (how) => {
      const code = `recipe: ${how}`.slice(0, 256).toWellFormed();
      const failed = { state: 'failed', code } as const;
      const became = how === undefined ? ({ state: 'completed' } as const) : failed;
      await this.#leaveChecked({ kind: 'settle', stepId, outputs: {}, ...became }, signal);
      this.#checking.delete(stepId);
      this.wake();
    });
  }

  /** Until it is sealed: what is refused for a moment is no reason to run a recipe again. */
  async #leaveChecked(move: MoveOf<'settle'>, signal: AbortSignal): Promise<void> {
    while (!this.#isSuspended && !signal.aborted) {
      const refused = await this.#leave(move).catch((fault: unknown): Rejection => {
        return { code: 'graph.fault', message: String(fault) };
      });
      if (refused === undefined) return;
      await this.#refused(refused);
      this.wake();
    }
  }

  #hashed(delivered: readonly Delivered[]): GraphStepArtifact['inputs'] {
    return delivered.map(({ port, from, value }) => {
      return { port, from, canonical_payload_hash: this.#records.hash(value) };
    });
  }

  #watch(step: CarriedGraphStep, begun: BegunStep): void {
    if (this.#watched.has(step.step_id)) return;
    this.#watched.add(step.step_id);
    void this.#steps.carry(step, begun).finally(() => {
      this.#tell('settled', step.step_id);
      this.wake();
    });
  }

  /** A step that no worker carries out: it is what its parents make of it. */
  async #leave({ stepId, state, outputs, code }: MoveOf<'settle'>): Promise<Rejection | undefined> {
    const { standing } = this.#records;
    const step = graphStep(standing.workflow, stepId);
    const ports = state === 'completed' ? (step?.outputs ?? []) : [];
    const parents = [...(standing.parents(stepId) ?? [])];
    const labels = state === 'completed' ? this.#records.labelsAfter(parents) : [];
    const { graph_id, graph_run_id } = this.#records.graph.opened;
    const artifact: GraphStepArtifact = {
      ...{ graph_run_id, graph_id, step_id: stepId },
      state,
      inputs: [],
      outputs: ports.map(({ name: port }) => {
        return { port, canonical_payload_hash: this.#records.hash(outputs[port] ?? null) };
      }),
      policy_hash: policyNow(this.#options.reader),
      parents,
      ...(labels.length > 0 ? { labels: [...labels] } : {}),
      ...(code === undefined ? {} : { code }),
    };
    const sealed = await this.#options.writer.submit(
      SETTLE_GRAPH_STEP,
      labelled(artifact, this.#records.graph.opened),
    );
    if (sealed.ok) this.#tell('settled', stepId);
    return sealed.ok ? undefined : sealed.error;
  }

  async #end({ state, outputs, code, detail }: MoveOf<'end'>): Promise<Rejection | undefined> {
    const { standing } = this.#records;
    const settled = standing.workflow.steps.flatMap(({ step_id }) => {
      return standing.settled(step_id)?.artifact_hash ?? [];
    });
    const ended: EndGraphRun = {
      ...{ graph_run_id: this.id, state, artifacts: settled, outputs: this.#hashed(outputs) },
      frees_budgets: true,
      ...(code === undefined ? {} : { code }),
      ...(detail === undefined ? {} : { detail: detail.slice(0, 4000).toWellFormed() }),
    };
    const sealed = await this.#options.writer.submit(END_GRAPH_RUN, ended);
    return sealed.ok ? undefined : sealed.error;
  }

  #watchTime(): NodeJS.Timeout | undefined {
    const end = graphEndsBy(this.#records.graph);
    if (end === undefined) return undefined;
    const left = Math.max(0, Number(end) - Date.now());
    return setTimeout(() => this.wake(), Math.min(left, LONGEST_TIMER_MS)).unref();
  }

  #tell(what: 'begun' | 'settled' | 'ended', stepId?: string): void {
    const { state, workflow_id } = this.#records.head;
    const at = stepId === undefined ? undefined : this.#records.standing.step(stepId);
    const step = stepId === undefined ? {} : { step_id: stepId, step_state: at?.state };
    const kinds = {
      begun: 'session.started',
      settled: 'tool.completed',
      ended: state === 'completed' ? 'run.completed' : 'run.failed',
    } as const;
    const payload = { graph_run_id: this.id, ...step, state };
    this.#options.events.emit(kinds[what], workflow_id, payload);
  }
}

const LONGEST_TIMER_MS = 2_147_483_647;
const NOT_OURS: Rejection = { code: 'graph.no_step', message: 'no run carries this step out' };
