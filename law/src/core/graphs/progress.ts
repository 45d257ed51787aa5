import { digestOf, type Json } from '@ioi/canon';
import type { EndGraphRun, WorkflowSchema } from '@ioi/protocol';
import { halves, WHOLE } from '../workflows/links.ts';
import {
  branchesOf,
  type GraphStep,
  isLastResort,
  isLost,
  parentsOf,
  replacedBy,
  type SettledState,
  type StateOf,
  sourceOf,
  standInFor,
} from './structure.ts';

export type Values = { readonly [port: string]: Json };

/** What the log says of a step, with the values that it gave. */
export type StepRecord =
  | { readonly state: 'begun' }
  | { readonly state: SettledState; readonly outputs: Values; readonly code?: string };

/** All that decides what comes next: a graph, what it was given, and what became of its steps. */
export type GraphProgress = {
  readonly workflow: WorkflowSchema;
  readonly inputs: Values;
  readonly parallel: number;
  readonly isCancelled: boolean;
  /** It may begin nothing more: its time is over. */
  readonly isLate: boolean;
  /** Why what comes next is refused, again and again. */
  readonly stuck?: string | undefined;
  readonly records: ReadonlyMap<string, StepRecord>;
};

/** A value on its way into a port, and the port it came out of. */
export type Delivered = { readonly port: string; readonly from: string; readonly value: Json };

export type GraphMove =
  | { readonly kind: 'begin'; readonly stepId: string; readonly inputs: readonly Delivered[] }
  /** A recipe, which nothing is given. */
  | { readonly kind: 'check'; readonly stepId: string; readonly command: readonly string[] }
  | {
      readonly kind: 'settle';
      readonly stepId: string;
      readonly state: Exclude<SettledState, 'cancelled'>;
      readonly outputs: Values;
      readonly code?: string;
    }
  | { readonly kind: 'stop'; readonly stepId: string }
  | {
      readonly kind: 'end';
      readonly state: EndGraphRun['state'];
      readonly outputs: readonly Delivered[];
      readonly code?: string;
      readonly detail?: string;
    };

const NO_VALUES: Readonly<Values> = {};

/**
 * What is done next, from what is on record alone: so after a stop it is the same again. Steps
 * that nothing decided yet are not named; an empty answer is to wait for what is under way.
 */
export function graphMoves(progress: GraphProgress): readonly GraphMove[] {
  const { workflow, records } = progress;
  const over = whyOver(progress);
  const underWay = workflow.steps.flatMap(({ step_id }) =>
    records.get(step_id)?.state === 'begun' ? [step_id] : [],
  );
  if (over !== undefined) {
    if (underWay.length === 0) return [over];
    return underWay.map((stepId) => ({ kind: 'stop', stepId }));
  }
  const moves = workflow.steps.flatMap((step) =>
    records.has(step.step_id) ? [] : (moveOf(step, progress) ?? []),
  );
  const settling = moves.filter(({ kind }) => kind === 'settle');
  // What is settled may decide what begins.
  if (settling.length > 0) return settling;
  if (moves.length > 0) return moves.slice(0, Math.max(0, progress.parallel - underWay.length));
  const isDone = workflow.steps.every(({ step_id }) => records.has(step_id));
  return isDone && underWay.length === 0 ? [completed(progress)] : [];
}

type End = Extract<GraphMove, { readonly kind: 'end' }>;

/** Why nothing more begins, and how it ends once what is under way has ended. */
function whyOver(progress: GraphProgress): End | undefined {
  const { workflow, records, isCancelled, isLate, stuck } = progress;
  const ending = (state: End['state'], code: string, detail: string): End => {
    return { kind: 'end', state, outputs: [], code, detail };
  };
  const asked = workflow.steps.find(({ step_id }) => records.get(step_id)?.state === 'escalated');
  // A person was asked: neither what was ended for that nor a wish to end it takes that back.
  if (asked !== undefined) {
    const question = asked.kind === 'approval' ? asked.question : '';
    return ending('escalated', 'graph.escalated', `${asked.step_id}: ${question}`);
  }
  if (isCancelled) return ending('cancelled', 'graph.cancelled', 'somebody cancelled it');
  if (stuck !== undefined) return ending('failed', stuck, 'what comes next was refused');
  for (const { step_id: name } of workflow.steps) {
    const record = records.get(name);
    if (record === undefined || record.state === 'begun') continue;
    if (!isLost(workflow, name, record.state)) continue;
    return ending('failed', 'graph.step_failed', `${name}: ${record.code ?? record.state}`);
  }
  const isDone = workflow.steps.every(({ step_id }) => records.has(step_id));
  if (isLate && !isDone) return ending('failed', 'graph.deadline', 'its time has passed');
  return undefined;
}

const stateIn =
  ({ records }: GraphProgress): StateOf =>
  (stepId) => {
    const state = records.get(stepId)?.state;
    return state === 'begun' ? undefined : state;
  };

/** Undefined while it has to wait for something before it. */
function moveOf(step: GraphStep, progress: GraphProgress): GraphMove | undefined {
  const { workflow } = progress;
  const { step_id: stepId } = step;
  const stateOf = stateIn(progress);
  if (parentsOf(workflow, stepId, stateOf) === undefined) return undefined;
  const before = replacedBy(workflow, stepId);
  if (before !== undefined && stateOf(before) !== 'failed') return skipped(stepId, 'not_needed');
  if (step.kind === 'quorum') return quorumOf(step, progress);
  if (!isReached(stepId, progress)) return skipped(stepId, 'not_reached');
  const settled = { kind: 'settle', stepId, outputs: NO_VALUES } as const;
  if (step.kind === 'recipe') return { kind: 'check', stepId, command: step.command };
  if (isLastResort(progress.workflow, step)) {
    return { ...settled, state: 'escalated', code: 'graph.escalated' };
  }
  const inputs = deliveredTo(stepId, step.inputs ?? [], progress);
  return inputs === undefined ? skipped(stepId, 'not_fed') : { kind: 'begin', stepId, inputs };
}

function skipped(stepId: string, why: string): GraphMove {
  return { kind: 'settle', stepId, state: 'skipped', outputs: NO_VALUES, code: `graph.${why}` };
}

/** Each step before it by `order` is there, and so is what its condition wants. */
function isReached(stepId: string, progress: GraphProgress): boolean {
  const { workflow } = progress;
  return workflow.edges.every((edge) => {
    if (edge.kind !== 'order' || edge.to !== stepId) return true;
    const standIn = standInFor(workflow, edge.from, stateIn(progress));
    return standIn.kind === 'done' && isMet(edge.when, progress);
  });
}

type Port = NonNullable<WorkflowSchema['inputs']>[number];

/** What comes to each port; undefined where something that is needed does not. */
function deliveredTo(
  holder: string,
  ports: readonly Port[],
  progress: GraphProgress,
): readonly Delivered[] | undefined {
  const found: Delivered[] = [];
  for (const { name: port, required } of ports) {
    const delivered = deliveredAt(`${holder}.${port}`, port, progress);
    if (delivered !== undefined) found.push(delivered);
    else if (required !== false) return undefined;
  }
  return found;
}

function deliveredAt(ref: string, port: string, progress: GraphProgress): Delivered | undefined {
  for (const edge of progress.workflow.edges) {
    if (edge.kind !== 'data' || edge.to !== ref || !isMet(edge.when, progress)) continue;
    const from = sourceOf(progress.workflow, edge.from, stateIn(progress));
    const value = from === undefined ? undefined : valueAt(from, progress);
    if (from !== undefined && value !== undefined) return { port, from, value };
  }
  return undefined;
}

function valueAt(ref: string, { inputs, records }: GraphProgress): Json | undefined {
  const [holder, port] = halves(ref);
  const record = records.get(holder);
  const own = record === undefined || record.state === 'begun' ? NO_VALUES : record.outputs;
  const values = holder === WHOLE.inputs ? inputs : own;
  return Object.hasOwn(values, port) ? values[port] : undefined;
}

type Edge = WorkflowSchema['edges'][number];
type Condition = Exclude<Edge, { readonly kind: 'fallback' }>['when'];

/** What is not there meets nothing. */
function isMet(when: Condition, progress: GraphProgress): boolean {
  if (when === undefined) return true;
  const from = sourceOf(progress.workflow, when.port, stateIn(progress));
  const value = from === undefined ? undefined : valueAt(from, progress);
  if (value === undefined) return false;
  switch (when.is) {
    case 'equal':
      return value === when.value;
    case 'not_equal':
      return value !== when.value;
    case 'at_least':
      return Number(value) >= Number(when.value);
    case 'at_most':
      return Number(value) <= Number(when.value);
  }
}

type Quorum = Extract<GraphStep, { readonly kind: 'quorum' }>;

/** What enough branches gave alike, by the digest of the canonical form. */
function quorumOf(step: Quorum, progress: GraphProgress): GraphMove {
  const { workflow, records } = progress;
  const { step_id: stepId, agree, outputs: ports = [] } = step;
  const gave = branchesOf(workflow, stepId).flatMap((branch): Values[] => {
    const standIn = standInFor(workflow, branch, stateIn(progress));
    const record = standIn.kind === 'done' ? records.get(standIn.step) : undefined;
    if (record === undefined || record.state === 'begun') return [];
    const values = ports.flatMap(({ name }) => {
      const value = Object.hasOwn(record.outputs, name) ? record.outputs[name] : undefined;
      return value === undefined ? [] : [[name, value] as const];
    });
    return [Object.fromEntries(values)];
  });
  const equal = Map.groupBy(gave, (values) => {
    const hash = digestOf(values);
    return hash.ok ? hash.value : '';
  });
  const [agreed] = [...equal.values()].find((each) => each.length >= agree) ?? [];
  if (agreed !== undefined) {
    return { kind: 'settle', stepId, state: 'completed', outputs: agreed };
  }
  const code = 'graph.no_quorum';
  return { kind: 'settle', stepId, state: 'failed', outputs: NO_VALUES, code };
}

function completed(progress: GraphProgress): End {
  const { workflow } = progress;
  const outputs = deliveredTo(WHOLE.outputs, workflow.outputs ?? [], progress);
  if (outputs !== undefined) return { kind: 'end', state: 'completed', outputs };
  const wanted = workflow.outputs?.find(({ name, required }) => {
    if (required === false) return false;
    return deliveredAt(`${WHOLE.outputs}.${name}`, name, progress) === undefined;
  });
  const detail = `nothing came to ${wanted?.name}`;
  return { kind: 'end', state: 'failed', outputs: [], code: 'graph.output_missing', detail };
}
