import { randomBytes } from 'node:crypto';
import { BoundedMap, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import {
  CANCEL_GRAPH_RUN,
  type GraphHead,
  type GraphRunHead,
  graphKeys,
  type InstalledHead,
  isWorkerStep,
  type LoadedWorkflow,
  namesWorker,
  OPEN_GRAPH_RUN,
  type RoutingTable,
  splitBudget,
  taskOfStep,
  type WorkerAbilities,
} from '@ioi/law';
import type {
  OpenGraphRun,
  Rejection,
  WorkflowRunAsked,
  WorkflowRunMerge,
  WorkflowRunStatus,
} from '@ioi/protocol';
import type { Contents } from '../contents.ts';
import type { Servers } from '../mcp/servers.ts';
import type { MergeGate } from '../merge/merge-gate.ts';
import type { Merges } from '../merge/merges.ts';
import type { Keyed } from '../once.ts';
import { runFolder } from '../workers/run-folder.ts';
import { keptAs } from '../workers/run-steps.ts';
import { inputIn } from './graph-input.ts';
import { type GraphGiven, GraphRecords, isOpen, LOST } from './graph-records.ts';
import { GraphRun, type GraphRunOptions } from './graph-run.ts';
import { ownSteps } from './own-steps.ts';

export type GraphRunsOptions = GraphRunOptions & {
  readonly contents: Contents;
  readonly nodeId: string;
  /** The node's own folder: no run is in it. */
  readonly home: string;
  readonly gate: Pick<MergeGate, 'copy' | 'close' | 'left' | 'takeUp' | 'onMerged'>;
  readonly merges: Pick<Merges, 'merge'>;
  readonly servers: Pick<Servers, 'find' | 'register'>;
  readonly routing: () => RoutingTable;
};

/** Most of them wait for people, and take no more than their place here. */
const MOST_GRAPHS = 1000;
const USUAL_PARALLEL = 4;
const SALT_BYTES = 32;
const MOST_MERGED = 1024;
/** Between two tries to read what one was given, where that is kept elsewhere. */
const READ_AGAIN_MS = 5_000;

type Opening = Pick<
  OpenGraphRun,
  'workflow' | 'bound' | 'own' | 'parallel' | 'overlay_run' | 'labels_speculative'
> & {
  readonly graph_id: Digest;
  readonly graph_run_id: string | undefined;
};

/** Runs of graphs, from their start to their sealed end, over restarts of the node. */
export class GraphRuns {
  readonly #options: GraphRunsOptions;
  readonly #runs = new Map<string, GraphRun>();
  /** What became of copies since the node started; log and store of runs have it for good. */
  readonly #merged = new BoundedMap<string, WorkflowRunMerge>(MOST_MERGED);
  #opening = 0;
  #isSuspended = false;

  constructor(options: GraphRunsOptions) {
    this.#options = options;
    options.gate.onMerged((run_id) => {
      if (this.#merged.has(run_id)) this.#merged.set(run_id, { run_id, state: 'merged' });
    });
  }

  heads(): GraphRunHead[] {
    const { headClass } = graphKeys.run('');
    return [...this.#options.reader.allOf<GraphRunHead>(headClass)];
  }

  /** What a worker id of a graph means now. */
  installed(workerId: string): InstalledHead | undefined {
    const found = this.#options.installs.standing();
    const named = found.filter((head) => namesWorker(workerId, head));
    return named.length === 1 ? named[0] : undefined;
  }

  /** Names of routes to models, as they are now. */
  routes(): ReadonlySet<string> {
    return new Set(Object.keys(this.#options.routing()));
  }

  records(graphRunId: string): GraphRecords | undefined {
    const graph = this.#options.reader.get<GraphHead>(graphKeys.graph(graphRunId));
    if (graph === undefined) return undefined;
    return new GraphRecords(graph, this.#givenOf(graph), this.#options);
  }

  /** A fault where it cannot be read now; one that was cancelled is to end all the same. */
  #givenOf({ opened }: GraphHead): GraphGiven {
    try {
      const text = this.#options.contents.text(opened.input_commitment);
      return text === undefined ? LOST : (JSON.parse(text) as GraphGiven);
    } catch (fault) {
      if (this.#stateOf(opened.graph_run_id) === 'cancelling') return LOST;
      throw fault;
    }
  }

  #stateOf(graphRunId: string): GraphRunHead['state'] | undefined {
    return this.#options.reader.get<GraphRunHead>(graphKeys.run(graphRunId))?.state;
  }

  async open(
    { workflow, graphId }: LoadedWorkflow,
    asked: WorkflowRunAsked,
    keyed?: Keyed,
  ): Promise<Result<string, Rejection>> {
    if (this.#runs.size + this.#opening >= MOST_GRAPHS) {
      return refuse('graph.too_many', 'too many workflows are carried out already');
    }
    this.#opening += 1;
    try {
      const workspace = await runFolder(asked.workspace, this.#options.home);
      if (!workspace.ok) return workspace;
      const input = inputIn(workflow, asked.input);
      if (!input.ok) return input;
      const bound = this.#bind(workflow);
      if (!bound.ok) return bound;
      const own = await ownSteps(workflow, this.#options);
      if (!own.ok) return own;
      const { unconfined = false, parallel = USUAL_PARALLEL } = asked;
      const place = await this.#placeOf(workflow, workspace.value);
      if (!place.ok) return place;
      const salt = randomBytes(SALT_BYTES).toString('hex');
      const named = keyed && { asked: keyed.request };
      const given = { salt, input: input.value, unconfined, ...place.value, ...named };
      const { copyOf } = given;
      const about = { workflow, graph_id: graphId, bound: bound.value, parallel, ...own.value };
      const copy =
        copyOf === undefined ? {} : { overlay_run: copyOf, labels_speculative: true as const };
      const sealed = await this.#seal({ ...about, ...copy, graph_run_id: keyed?.id }, given);
      if (!sealed.ok && copyOf !== undefined) await this.#options.gate.close(copyOf, 'drop');
      return sealed;
    } finally {
      this.#opening -= 1;
    }
  }

  /** The folder, or a copy of it that is merged at the end as what a run did. */
  async #placeOf(
    { workflow_id, workspace: kind }: LoadedWorkflow['workflow'],
    workspace: string,
  ): Promise<Result<Pick<GraphGiven, 'workspace' | 'copyOf'>, Rejection>> {
    if (kind !== 'copy') return ok({ workspace });
    const copyOf = `run_${randomBytes(16).toString('hex')}`;
    const name = workflow_id.slice('workflow://'.length);
    const at = await this.#options.gate.copy(copyOf, workspace, name);
    return at.ok ? ok({ workspace: at.value, copyOf }) : at;
  }

  /** Passed on to the boundary where all of it went well: what becomes of it is decided there. */
  async #merge(run: string, isCompleted: boolean): Promise<WorkflowRunMerge> {
    const { gate, merges } = this.#options;
    const closed = await gate.close(run, isCompleted ? 'finish' : 'drop');
    if (closed.ok && !isCompleted) return { run_id: run, state: 'discarded' };
    const merged = closed.ok ? await merges.merge(run) : closed;
    if (merged.ok) return { run_id: run, state: merged.value.state };
    // What changed nothing needs no gate.
    const isNothing = merged.error.code === 'run.nothing_waits';
    if (isNothing) return { run_id: run, state: 'merged' };
    return { run_id: run, state: 'refused', code: merged.error.code };
  }

  #bind(workflow: LoadedWorkflow['workflow']): Result<OpenGraphRun['bound'], Rejection> {
    const split = splitBudget(workflow);
    const bound: OpenGraphRun['bound'] = [];
    for (const step of workflow.steps.filter(isWorkerStep)) {
      const head = this.installed(step.worker_id);
      const task = head && taskOfStep(step, head.manifest as WorkerAbilities);
      if (head === undefined || task === undefined) {
        return refuse('workflow.unresolved', `${step.worker_id} is not installed here`);
      }
      const { manifest_hash, manifest } = head;
      const max_steps = split.get(step.step_id) ?? 1;
      const about = { worker: manifest.id, manifest_hash, task: task.name, max_steps };
      bound.push({ step_id: step.step_id, ...about });
    }
    return ok(bound);
  }

  async #seal(
    { graph_run_id, ...opening }: Opening,
    given: GraphGiven,
  ): Promise<Result<string, Rejection>> {
    const { contents, writer, nodeId } = this.#options;
    const agent_id = `agent://${nodeId.slice('node://'.length)}/worker/graph`;
    const origin = { agent_id, session_id: opening.graph_id };
    const kept = contents.output(keptAs(origin, opening.graph_id), given);
    if (kept === undefined) return refuse('canon.refused', 'an input is JSON');
    const { put } = kept;
    if (put?.digests.length === 0) return refuse('run.input_not_kept', 'its input cannot be kept');
    const { salt } = given;
    const payload: OpenGraphRun = {
      graph_run_id: graph_run_id ?? `graph_${randomBytes(16).toString('hex')}`,
      ...opening,
      inputs: Object.entries(given.input).map(([port, value]) => {
        return { port, canonical_payload_hash: hashOf({ payload: value, salt }) };
      }),
      input_commitment: kept.commitment,
    };
    const sealed = await writer.submit(OPEN_GRAPH_RUN, payload, {}, put?.beside);
    contents.settle(put, sealed.ok);
    if (!sealed.ok) return sealed;
    this.#carryOut(payload.graph_run_id);
    return ok(payload.graph_run_id);
  }

  #carryOut(graphRunId: string): void {
    const records = this.records(graphRunId);
    if (records === undefined || this.#runs.has(graphRunId)) return;
    const run = new GraphRun(this.#options, records);
    this.#runs.set(graphRunId, run);
    const { overlay_run: copy, input_commitment } = records.graph.opened;
    this.#options.contents.need(input_commitment);
    if (copy !== undefined) this.#merged.set(copy, { run_id: copy, state: 'working' });
    void run
      .carryOut(async ({ state }) => {
        if (copy !== undefined) await this.#close(copy, state === 'completed');
      })
      .catch((fault: unknown) => {
        this.#options.log('a graph stopped', { graph: graphRunId, fault: String(fault) });
      })
      .finally(() => {
        this.#runs.delete(graphRunId);
        this.#options.contents.letGo(input_commitment);
      });
  }

  /** Before anything is forgotten: what those that are open were given is theirs. */
  recall(): void {
    const { reader, contents } = this.#options;
    for (const { graph_run_id, state } of this.heads()) {
      const graph = isOpen(state) && reader.get<GraphHead>(graphKeys.graph(graph_run_id));
      if (graph) contents.need(graph.opened.input_commitment);
    }
  }

  /** Whatever the last stop left in its midst goes on. */
  resume(): void {
    for (const { graph_run_id } of this.heads()) this.#takeUp(graph_run_id);
    void this.#resumeCopies().catch((fault: unknown) => {
      this.#options.log('copies were left as they are', { fault: String(fault) });
    });
  }

  /** One whose input cannot be read now waits until it can, and keeps nothing else from it. */
  #takeUp(graphRunId: string): void {
    if (this.#isSuspended || !isOpen(this.#stateOf(graphRunId))) return;
    try {
      this.#carryOut(graphRunId);
      // Nothing can follow from what nobody knows any more, or what is damaged.
      if (this.records(graphRunId)?.given === LOST) void this.cancel(graphRunId);
    } catch (fault) {
      this.#options.log('a graph waits', { graph: graphRunId, fault: String(fault) });
      setTimeout(() => this.#takeUp(graphRunId), READ_AGAIN_MS).unref();
    }
  }

  /** What a stop cut off between the end of a graph and that of its copy is done now, once. */
  async #resumeCopies(): Promise<void> {
    const { gate, reader } = this.#options;
    const left = await gate.left();
    if (left.length === 0) return;
    const ended = new Map(
      this.heads().map(({ graph_run_id, state }) => {
        const graph = reader.get<GraphHead>(graphKeys.graph(graph_run_id));
        return [graph?.opened.overlay_run, state] as const;
      }),
    );
    for (const run of left) {
      const state = ended.get(run);
      // Whoever carries it out now, or once its input can be read, sees to its end.
      if (this.#merged.has(run) || isOpen(state)) await gate.takeUp(run);
      else if (state === undefined) await gate.close(run, 'drop');
      else await this.#close(run, state === 'completed');
    }
  }

  async #close(run: string, isCompleted: boolean): Promise<void> {
    this.#merged.set(run, { run_id: run, state: 'asking' });
    this.#merged.set(run, await this.#merge(run, isCompleted));
  }

  suspend(): void {
    this.#isSuspended = true;
    for (const run of this.#runs.values()) run.suspend();
  }

  /** Nothing more of it begins; it is over once what is under way has ended. */
  async cancel(graphRunId: string): Promise<Result<void, Rejection>> {
    const cancelled = { graph_run_id: graphRunId };
    const sealed = await this.#options.writer.submit(CANCEL_GRAPH_RUN, cancelled);
    if (!sealed.ok) return sealed;
    // Whatever stopped it before: it is to have an end.
    this.#carryOut(graphRunId);
    const run = this.#runs.get(graphRunId);
    run?.wake();
    await run?.over;
    return ok(undefined);
  }

  list(): WorkflowRunStatus['run'][] {
    const newest = this.heads().sort((one, other) => {
      return Number(other.opened_seq) - Number(one.opened_seq);
    });
    return newest.slice(0, MOST_LISTED).map(listed);
  }

  status(graphRunId: string): WorkflowRunStatus | undefined {
    const records = this.records(graphRunId);
    if (records === undefined) return undefined;
    const { head, standing, graph } = records;
    const output = head.state === 'completed' ? records.output() : undefined;
    const merge = this.#mergeOf(graph.opened.overlay_run);
    return {
      run: listed(head),
      title: graph.opened.workflow.title,
      steps: standing.workflow.steps.map(({ step_id, kind }) => {
        const step = standing.step(step_id);
        const worker = graph.opened.bound.find((each) => each.step_id === step_id)?.worker;
        return {
          ...{ step_id, kind, state: step?.state ?? 'waiting' },
          ...(worker === undefined ? {} : { worker }),
          ...this.#aboutStep(step),
        };
      }),
      ...(output === undefined ? {} : { output }),
      ...(head.detail === undefined ? {} : { detail: head.detail }),
      ...merge,
      ...speculationOf(merge.merge),
    };
  }

  #mergeOf(run_id: string | undefined): { readonly merge?: WorkflowRunMerge } {
    if (run_id === undefined) return {};
    return { merge: this.#merged.get(run_id) ?? { run_id, state: 'kept' } };
  }

  #aboutStep(step: ReturnType<GraphRecords['standing']['step']>) {
    if (step === undefined) return { pending: [] };
    if (step.state === 'begun') {
      const { run_id } = step;
      return { run_id, pending: [...(this.#options.workers.find(run_id)?.waiting ?? [])] };
    }
    const { run_id, code } = step.artifact;
    return {
      ...(run_id === undefined ? {} : { run_id }),
      ...{ pending: [], artifact: step.artifact_hash },
      ...(code === undefined ? {} : { code }),
    };
  }
}

const MOST_LISTED = 100;

function listed({
  graph_run_id,
  workflow_id,
  graph_id,
  state,
  code,
}: GraphRunHead): WorkflowRunStatus['run'] {
  const why = code === undefined ? {} : { code };
  return { graph_run_id, workflow_id, graph_id, state, ...why };
}

function hashOf(value: unknown): Digest {
  const hash = digestOf(value);
  if (!hash.ok) throw new Error('what was read strictly has a canonical form');
  return hash.value;
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}

/** Not known of one that a start of the node found at its end: the log of merges says it. */
function speculationOf(merge: WorkflowRunMerge | undefined): { readonly speculative?: boolean } {
  if (merge?.state === 'kept') return {};
  return { speculative: merge !== undefined && merge.state !== 'merged' };
}
