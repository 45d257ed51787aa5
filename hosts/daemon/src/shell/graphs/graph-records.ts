import { assert } from '@ioi/basis';
import { type Digest, digestOf, type Json } from '@ioi/canon';
import { sourceLabels } from '@ioi/firewall';
import {
  type CarriedGraphStep,
  GRAPH_INSTRUCTION,
  type GraphHead,
  type GraphProgress,
  type GraphRunHead,
  GraphStanding,
  type GraphStepHead,
  type GraphStepRecord,
  type GraphValues,
  graphEndsBy,
  graphKeys,
  graphMoves,
  graphStep,
  isCarriedStep,
  isWhole,
  type WorkerGraphStep,
  type WorkerRunHead,
  workerKeys,
} from '@ioi/law';
import type { GraphStepArtifact, OpenGraphRun } from '@ioi/protocol';
import { MOST_STEPS } from '@ioi/workers';
import { type JournalReading, RunJournal } from '../workers/run-journal.ts';
import type { RunView } from '../workers/run-view.ts';

export type RecordsReading = JournalReading & { readonly runView: RunView };

/** What a run of a graph was given, as it is kept beside the log. */
export type GraphGiven = {
  /** Under which what stands at its ports is hashed: equal here, and nowhere else. */
  readonly salt: string;
  readonly input: { readonly [port: string]: Json };
  readonly workspace: string;
  readonly unconfined: boolean;
  /** The workspace is a copy of one, by the run under which it is merged. */
  readonly copyOf?: string;
  /** Of one that was opened for an Idempotency-Key: the digest of that request. */
  readonly asked?: string;
};

/** Its contents are not kept any more: then no step of it begins that needs them. */
export const LOST: GraphGiven = { salt: '', input: {}, workspace: '/nowhere', unconfined: false };

export function isOpen(state: GraphRunHead['state'] | undefined): boolean {
  return state === 'open' || state === 'cancelling';
}

/** What came out of the run of a worker, or why that cannot be said. */
export type Gave =
  | {
      readonly ok: true;
      readonly values: GraphValues;
      readonly labels: readonly string[];
      readonly model?: Digest;
    }
  | { readonly ok: false; readonly code: string };

const KINDS: Readonly<Record<string, (value: Json) => boolean>> = {
  text: (value) => typeof value === 'string',
  artifact: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  list: (value) => Array.isArray(value),
  record: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** One run of a graph as the log has it: nothing about it is remembered anywhere else. */
export class GraphRecords {
  readonly graph: GraphHead;
  readonly given: GraphGiven;
  readonly #reading: RecordsReading;
  /** What was read once of runs that have ended. */
  readonly #gave = new Map<string, Gave>();
  /** By the run that gave them: large values are hashed once. */
  readonly #hashes = new Map<string, readonly (readonly [Digest, Json])[]>();

  constructor(graph: GraphHead, given: GraphGiven, reading: RecordsReading) {
    this.graph = graph;
    this.given = given;
    this.#reading = reading;
  }

  get standing(): GraphStanding {
    return new GraphStanding(this.graph, this.#reading.reader);
  }

  get head(): GraphRunHead {
    const { graph_run_id } = this.graph.opened;
    const head = this.#reading.reader.get<GraphRunHead>(graphKeys.run(graph_run_id));
    assert(head !== undefined, 'a run of a graph has a head from its start on');
    return head;
  }

  /** For the machine that says what comes next. `now`: of this machine, in milliseconds. */
  progress(now: number, checking: ReadonlySet<string> = new Set()): GraphProgress {
    const { workflow, parallel } = this.graph.opened;
    const end = graphEndsBy(this.graph);
    return {
      workflow,
      parallel,
      inputs: this.given.input,
      isCancelled: this.head.state === 'cancelling',
      isLate: end !== undefined && BigInt(now) >= end,
      records: new Map([
        ...this.#records(),
        ...[...checking].map((stepId) => [stepId, { state: 'begun' }] as const),
      ]),
    };
  }

  hash(value: Json): Digest {
    const hash = digestOf({ payload: value, salt: this.given.salt });
    assert(hash.ok, 'what stands at a port is JSON');
    return hash.value;
  }

  /** What a completed run gave; undefined where that is not kept any more. */
  output(): GraphValues | undefined {
    const { workflow } = this.graph.opened;
    const [move] = graphMoves({ ...this.progress(0), isCancelled: false, isLate: false });
    if (move?.kind !== 'end' || move.state !== 'completed') return undefined;
    if ((workflow.outputs ?? []).length === 0) return undefined;
    return Object.fromEntries(move.outputs.map(({ port, value }) => [port, value]));
  }

  /** Where whatever came into a step comes from. */
  labelsOf(inputs: GraphStepArtifact['inputs']): readonly string[] {
    const { standing } = this;
    const found = inputs.flatMap(({ from }) => {
      const step = from.slice(0, from.indexOf('.'));
      return standing.settled(step)?.artifact.labels ?? [];
    });
    return [...new Set(found)].sort();
  }

  /** Of all artifacts that one follows. */
  labelsAfter(parents: readonly string[]): readonly string[] {
    const { standing } = this;
    const found = standing.workflow.steps.flatMap(({ step_id }) => {
      const settled = standing.settled(step_id);
      if (settled === undefined || !parents.includes(settled.artifact_hash)) return [];
      return settled.artifact.labels ?? [];
    });
    return [...new Set(found)].sort();
  }

  /** The values that a step is given, by its ports; it throws where one is kept no longer. */
  delivered(stepId: string, inputs: GraphStepArtifact['inputs']): GraphValues {
    const records = this.#records();
    const values = inputs.flatMap(({ port, from }) => {
      const [holder = '', name = ''] = from.split('.');
      const record = records.get(holder);
      const own = record === undefined || record.state === 'begun' ? {} : record.outputs;
      const at: GraphValues = holder === 'inputs' ? this.given.input : own;
      const found = Object.hasOwn(at, name) ? at[name] : undefined;
      return found === undefined ? [] : [[port, found] as const];
    });
    if (values.length < inputs.length) throw new Error(`what ${stepId} was given is not kept`);
    return Object.fromEntries(values);
  }

  gave(step: CarriedGraphStep, head: WorkerRunHead): Gave {
    const known = this.#gave.get(head.run.run_id);
    if (known !== undefined) return known;
    const gave = this.#read(step, head);
    this.#gave.set(head.run.run_id, gave);
    return gave;
  }

  #read(step: CarriedGraphStep, head: WorkerRunHead): Gave {
    const { output } = this.#reading.runView.status(head);
    if (output === undefined) return { ok: false, code: 'run.record_lost' };
    const ports = step.outputs ?? [];
    const isObject = KINDS['record']?.(output as Json) === true;
    const members = isObject ? (output as { readonly [name: string]: Json }) : undefined;
    const [only, ...others] = ports;
    const single = members === undefined && only !== undefined && others.length === 0;
    const values = single ? { [only.name]: output as Json } : (members ?? {});
    const wrong = ports.find(({ name, type }) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return value === undefined || KINDS[type]?.(value) !== true;
    });
    if (wrong !== undefined) return { ok: false, code: `graph.output_missing` };
    const named = ports.map(({ name }) => [name, values[name] ?? null] as const);
    return { ok: true, values: Object.fromEntries(named), ...this.#sourcesOf(head) };
  }

  /** By the acts of its run, which the log has; of models, which one answered. */
  #sourcesOf(head: WorkerRunHead): { labels: readonly string[]; model?: Digest } {
    const journal = new RunJournal(this.#reading, head.run.run_id);
    journal.recall(head);
    const labels = new Set<string>();
    const models = new Set<string>();
    for (let index = 0; index < MOST_STEPS; index += 1) {
      for (const label of journal.labelsOf(index) ?? []) labels.add(label);
      const given = journal.givenOf(index);
      if (given === undefined) continue;
      for (const label of sourceLabels(given.contract)) labels.add(label);
      const { model, served } = Object(given.output) as Record<string, unknown>;
      const isAnswer = given.contract.target === 'model::invoke' && typeof model === 'string';
      if (isAnswer) models.add(`${String(served)} ${model}`);
    }
    const hash = digestOf([...models].sort());
    const model = models.size > 0 && hash.ok ? { model: hash.value } : {};
    return { labels: [...labels].sort(), ...model };
  }

  /** A quorum gave what its branches gave, which is told by its hash. */
  #records(): ReadonlyMap<string, GraphStepRecord> {
    const { standing } = this;
    const byHash = new Map<string, Json>();
    const heads = standing.workflow.steps.flatMap(({ step_id }) => {
      const head = standing.step(step_id);
      return head === undefined ? [] : [{ stepId: step_id, head }];
    });
    for (const { head } of heads) {
      if (head.state === 'begun') continue;
      for (const [hash, value] of this.#hashesOf(head.artifact)) byHash.set(hash, value);
    }
    const recordOf = (head: GraphStepHead): GraphStepRecord => {
      if (head.state === 'begun') return { state: head.state };
      const { outputs: payloads, code } = head.artifact;
      const outputs = payloads.flatMap(({ port, canonical_payload_hash: hash }) => {
        const value = byHash.get(hash);
        return value === undefined ? [] : [[port, value] as const];
      });
      const why = code === undefined ? {} : { code };
      return { state: head.state, outputs: Object.fromEntries(outputs), ...why };
    };
    return new Map(heads.map(({ stepId, head }) => [stepId, recordOf(head)]));
  }

  #hashesOf(artifact: GraphStepArtifact): readonly (readonly [Digest, Json])[] {
    const { run_id = '' } = artifact;
    const known = this.#hashes.get(run_id);
    if (known !== undefined) return known;
    const values = Object.values(this.#valuesOf(artifact));
    const hashed = values.map((value) => [this.hash(value), value] as const);
    if (run_id !== '') this.#hashes.set(run_id, hashed);
    return hashed;
  }

  #valuesOf({ step_id, run_id, state }: GraphStepArtifact): GraphValues {
    const step = graphStep(this.graph.opened.workflow, step_id);
    const isNone = step === undefined || !isCarriedStep(this.graph.opened.workflow, step);
    if (isNone || state !== 'completed') return {};
    const head = this.#reading.reader.get<WorkerRunHead>(workerKeys.run(run_id ?? ''));
    const gave = head === undefined ? undefined : this.gave(step, head);
    return gave?.ok === true ? gave.values : {};
  }
}

/** What a worker is given: its ports as the members of an object, or its one port itself. */
export function inputFor(
  { instruction }: WorkerGraphStep,
  schema: Json,
  values: GraphValues,
): Json {
  const [only] = Object.values(values);
  if (isWhole(schema)) return only ?? null;
  const { properties } = Object(schema) as { readonly properties?: object };
  const takesInstruction = Object.hasOwn(properties ?? {}, GRAPH_INSTRUCTION);
  const isGiven = Object.hasOwn(values, GRAPH_INSTRUCTION);
  return takesInstruction && !isGiven
    ? { ...values, [GRAPH_INSTRUCTION]: instruction }
    : { ...values };
}

export function fitsPort(type: string, value: Json): boolean {
  return KINDS[type]?.(value) === true;
}

/** Whitepaper 4.8.1, Zone A: what a step gives on a copy says so where it is sealed. */
export function labelled(
  artifact: GraphStepArtifact,
  { labels_speculative }: OpenGraphRun,
): GraphStepArtifact {
  if (labels_speculative === undefined || artifact.outputs.length === 0) return artifact;
  return { ...artifact, speculative: true };
}
