import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest, Json } from '@ioi/canon';
import {
  type CarriedGraphStep,
  type ContractHead,
  type GraphStepHead,
  graphEndsBy,
  isWorkerStep,
  keys,
  type OwnGraphStep,
  type PolicyHead,
  SETTLE_GRAPH_STEP,
  type WorkerRunHead,
  workerKeys,
} from '@ioi/law';
import type { GraphStepArtifact, Rejection, WorkerRunAsked } from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';
import type { InstalledWorkers } from '../workers/installed-workers.ts';
import type { RunView } from '../workers/run-view.ts';
import type { RunWithin } from '../workers/run-wanted.ts';
import type { WorkerRuns } from '../workers/worker-runs.ts';
import type { Writer } from '../writer.ts';
import { type GraphRecords, inputFor, labelled } from './graph-records.ts';

export type GraphStepsOptions = {
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly workers: WorkerRuns;
  readonly runView: RunView;
  readonly installs: InstalledWorkers;
  readonly log: (message: string, about: object) => void;
};

type Head = Extract<GraphStepHead, { readonly state: 'begun' }>;
export type BegunStep = Pick<Head, 'run_id' | 'inputs' | 'parents'> & {
  readonly session_id?: string | undefined;
};

/** Between two looks at what keeps a step from its end. */
export const AGAIN_MS = 100;
/** What the guardian refuses as often in a row it refuses for good. */
export const MOST_REFUSALS = 50;
/** There is no room for it in an entry: then it is told that there was none. */
const NO_ENTRY = /^(canon|operation)\./;
const MOST_LABELS = 256;
/** Of all of them: an entry has room for little more. */
const LONGEST_LABELS = 8192;
/** It is not the fault of a graph that others run: its step waits for a place. */
const NO_PLACE = 'run.too_many';
const MOST_PAUSES = 20;
const STOPPED: Rejection = { code: 'graph.over', message: 'its graph was over before it began' };

/** Steps that are carried out: each by one run, of a worker or of the node, opened once. */
export class GraphSteps {
  readonly #options: GraphStepsOptions;
  readonly #records: GraphRecords;
  #isSuspended = false;
  #isStopping = false;

  constructor(options: GraphStepsOptions, records: GraphRecords) {
    this.#options = options;
    this.#records = records;
  }

  suspend(): void {
    this.#isSuspended = true;
  }

  /** Its graph is over: what runs is ended, and what does not run yet is not begun. */
  stop(runId: string): void {
    this.#isStopping = true;
    const { workers, reader } = this.#options;
    const head = reader.get<WorkerRunHead>(workerKeys.run(runId));
    if (head?.state === 'open') workers.say(runId, 'cancelled');
  }

  /** Until what the step leaves is sealed; never rejects. */
  async carry(step: CarriedGraphStep, begun: BegunStep): Promise<void> {
    // A folder of somebody's may hold anything: that is no reason to stop the node.
    const refused = await this.#run(step, begun).catch((fault: unknown) => {
      return { code: 'daemon.fault', message: String(fault) };
    });
    await this.#ended(begun.run_id);
    if (this.#isSuspended) return;
    let came = this.#cameSurely(step, begun, refused);
    for (let tried = 1; !this.#isSuspended; tried += 1) {
      const artifact = labelled(this.#artifactOf(step, begun, came), this.#records.graph.opened);
      const sealed = await this.#options.writer.submit(SETTLE_GRAPH_STEP, artifact);
      if (sealed.ok || sealed.error.code === 'graph.step_settled') return;
      this.#options.log('what a step left was refused', { run: begun.run_id, ...sealed.error });
      const isForGood = tried % MOST_REFUSALS === 0 && NO_ENTRY.test(sealed.error.code);
      if (isForGood) came = { ...this.#lost(begun), code: sealed.error.code };
      await sleep(AGAIN_MS);
    }
  }

  /** Opened under the id that is sealed, unless it was before a stop. */
  async #run(step: CarriedGraphStep, begun: BegunStep): Promise<Rejection | undefined> {
    const { reader, workers } = this.#options;
    for (let tried = 1; !this.#isSuspended; tried += 1) {
      if (reader.get(workerKeys.run(begun.run_id)) !== undefined) break;
      if (this.#isStopping) return STOPPED;
      const opened = await workers.open(...this.#askedFor(step, begun));
      if (opened.ok) break;
      if (opened.error.code !== NO_PLACE) return opened.error;
      // Many may wait for a place, and looking is work.
      await sleep(AGAIN_MS * Math.min(tried, MOST_PAUSES));
    }
    if (this.#isStopping) this.stop(begun.run_id);
    return undefined;
  }

  /** Whoever goes on with it, also after a stop. */
  async #ended(runId: string): Promise<void> {
    const { reader, workers } = this.#options;
    const key = workerKeys.run(runId);
    while (!this.#isSuspended && reader.get<WorkerRunHead>(key)?.state === 'open') {
      const live = workers.find(runId);
      await (live === undefined ? sleep(AGAIN_MS) : live.over);
    }
  }

  #askedFor(
    step: CarriedGraphStep,
    { run_id, session_id, inputs }: Omit<BegunStep, 'parents'>,
  ): [WorkerRunAsked, RunWithin] {
    const { graph, given } = this.#records;
    if (!isWorkerStep(step)) return this.#askedOfNode(step, { run_id, session_id, inputs });
    const bound = graph.opened.bound.find(({ step_id }) => step_id === step.step_id);
    const installed = bound?.worker ?? '';
    const head = this.#options.installs.find(installed);
    const tasks = head.ok ? head.value.manifest.tasks : [];
    const schema = tasks.find(({ name }) => name === bound?.task)?.input_schema ?? {};
    const delivered = this.#records.delivered(step.step_id, inputs);
    const deadline = this.#deadlineOf(step);
    const asked: WorkerRunAsked = {
      ...{ installed, input: inputFor(step, schema as Json, delivered) },
      ...{ workspace: given.workspace, max_steps: bound?.max_steps ?? 1 },
      ...(bound === undefined ? {} : { task: bound.task }),
      ...(deadline === undefined ? {} : { deadline: String(deadline) }),
      ...(given.unconfined ? { unconfined: true } : {}),
    };
    const { capabilities = [], scopes = [] } = step;
    const labels = this.#records.labelsOf(inputs);
    const isCopy = given.copyOf !== undefined;
    const session = session_id === undefined ? {} : { sessionId: session_id as Digest };
    const within = { runId: run_id, labels, isCopy, ...session };
    const asks = step.approval === 'always' ? { approval: step.approval } : {};
    return [asked, { ...within, ...asks, capabilities, scopes }];
  }

  #askedOfNode(
    step: OwnGraphStep,
    { run_id, session_id, inputs }: Omit<BegunStep, 'parents'>,
  ): [WorkerRunAsked, RunWithin] {
    const { graph, given } = this.#records;
    const deadline = this.#deadlineOf(step);
    const input = { ...this.#records.delivered(step.step_id, inputs) };
    const asked: WorkerRunAsked = {
      ...{ input, workspace: given.workspace, max_steps: 1 },
      ...(deadline === undefined ? {} : { deadline: String(deadline) }),
    };
    const { workflow, own: all = [] } = graph.opened;
    const contract_hash = all.find(({ step_id }) => step_id === step.step_id)?.contract_hash ?? '';
    const head = this.#options.reader.get<ContractHead>(keys.contract(contract_hash));
    const { server = '', tool = '' } = head?.contract ?? {};
    const own = { step, workflow: workflow.workflow_id, contract_hash, server, tool };
    const labels = this.#records.labelsOf(inputs);
    const isCopy = given.copyOf !== undefined;
    const session = session_id === undefined ? {} : { sessionId: session_id as Digest };
    const within = { runId: run_id, labels, isCopy, ...session };
    return [asked, { ...within, capabilities: [], scopes: [], own }];
  }

  /** The sooner of its own time and that of the whole. */
  #deadlineOf({ budget }: CarriedGraphStep): bigint | undefined {
    const whole = graphEndsBy(this.#records.graph);
    const most = budget?.max_duration_ms;
    const own = most === undefined ? undefined : BigInt(Date.now()) + BigInt(most);
    if (own === undefined || whole === undefined) return own ?? whole;
    return own < whole ? own : whole;
  }

  /** What became of its run, once nothing can come of that any more. */
  #artifactOf(step: CarriedGraphStep, begun: BegunStep, came: CameOf): GraphStepArtifact {
    const { run_id, inputs, parents } = begun;
    const { graph_id, graph_run_id } = this.#records.graph.opened;
    const about = { graph_run_id, graph_id, step_id: step.step_id };
    const { code } = came;
    return {
      ...about,
      ...{ state: came.state, run_id, inputs: [...inputs], outputs: [...came.outputs] },
      policy_hash: this.#headOf(begun)?.policy_hash ?? policyNow(this.#options.reader),
      ...(came.model === undefined ? {} : { model_snapshot_id: came.model }),
      parents: [...parents],
      ...(came.labels.length > 0 ? { labels: [...came.labels] } : {}),
      ...(code === undefined ? {} : { code: code.slice(0, 256).toWellFormed() }),
    };
  }

  #headOf({ run_id }: BegunStep): WorkerRunHead | undefined {
    return this.#options.reader.get<WorkerRunHead>(workerKeys.run(run_id));
  }

  #lost(begun: BegunStep): CameOf {
    const state = this.#headOf(begun)?.state === 'cancelled' ? 'cancelled' : 'failed';
    return { state, outputs: [], labels: [] };
  }

  /** What cannot be read of a run is no reason to stop the node, at each of its starts again. */
  #cameSurely(step: CarriedGraphStep, begun: BegunStep, refused: Rejection | undefined): CameOf {
    try {
      const head = this.#headOf(begun);
      const came = this.#cameOf(step, begun.inputs, head);
      const ended = head && this.#options.runView.status(head).code;
      const code = came.code ?? ended ?? refused?.code;
      return code === undefined ? came : { ...came, code };
    } catch (fault) {
      const about = { run: begun.run_id, fault: String(fault) };
      this.#options.log('what a step gave cannot be read', about);
      return { ...this.#lost(begun), code: 'daemon.fault' };
    }
  }

  #cameOf(
    step: CarriedGraphStep,
    inputs: BegunStep['inputs'],
    head: WorkerRunHead | undefined,
  ): CameOf {
    const nothing = { outputs: [], labels: [] };
    if (head?.state !== 'completed') {
      return { ...nothing, state: head?.state === 'cancelled' ? 'cancelled' : 'failed' };
    }
    const gave = this.#records.gave(step, head);
    if (!gave.ok) return { ...nothing, state: 'failed', code: gave.code };
    const labels = [...new Set([...this.#records.labelsOf(inputs), ...gave.labels])].sort();
    if (labels.length > MOST_LABELS || labels.join().length > LONGEST_LABELS) {
      return { ...nothing, state: 'failed', code: 'graph.too_many_sources' };
    }
    const outputs = Object.entries(gave.values).map(([port, value]) => {
      return { port, canonical_payload_hash: this.#records.hash(value) };
    });
    const model = gave.model === undefined ? {} : { model: gave.model };
    return { state: 'completed', outputs, labels, ...model };
  }
}

type CameOf = Pick<GraphStepArtifact, 'state' | 'outputs'> & {
  readonly labels: readonly string[];
  readonly model?: Digest;
  readonly code?: string;
};

export function policyNow(reader: HeadReader): Digest {
  const policy = reader.get<PolicyHead>(keys.policy);
  if (policy === undefined) throw new Error('a policy was active when the graph began');
  return policy.policy_hash;
}
