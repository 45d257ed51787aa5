import type { GraphStepArtifact, WorkflowSchema } from '@ioi/protocol';
import { halves, linksOf, WHOLE } from '../workflows/links.ts';

export type GraphStep = WorkflowSchema['steps'][number];
export type WorkerGraphStep = Extract<GraphStep, { readonly kind: 'worker' }>;
export type SettledState = GraphStepArtifact['state'];
/** Undefined where a step is not settled yet. */
export type StateOf = (stepId: string) => SettledState | undefined;

/** Who stands for a step: itself, or whatever came instead of it. `looked`: all that decided it. */
export type StandIn =
  | { readonly kind: 'waits' }
  | {
      readonly kind: 'done' | 'failed' | 'skipped';
      readonly step: string;
      readonly looked: readonly string[];
    };

export function graphStep({ steps }: WorkflowSchema, stepId: string): GraphStep | undefined {
  return steps.find(({ step_id }) => step_id === stepId);
}

export function isWorkerStep(step: GraphStep): step is WorkerGraphStep {
  return step.kind === 'worker';
}

/** Steps that the node carries out itself, each in one act. */
export type OwnGraphStep = Extract<
  GraphStep,
  { readonly kind: 'tool' } | { readonly kind: 'model' } | { readonly kind: 'approval' }
>;
export type CarriedGraphStep = WorkerGraphStep | OwnGraphStep;

/** Without what asks a person as the last resort: with that a graph ends. */
export function isOwnStep(workflow: WorkflowSchema, step: GraphStep): step is OwnGraphStep {
  const { kind } = step;
  if (kind === 'approval') return !isLastResort(workflow, step);
  return kind === 'tool' || kind === 'model';
}

/** Whether it is carried out by a run, and has an artifact that says what came of that. */
export function isCarried(workflow: WorkflowSchema, step: GraphStep): step is CarriedGraphStep {
  return isWorkerStep(step) || isOwnStep(workflow, step);
}

/** A question to a person instead of a step that failed, after which nothing comes. */
export function isLastResort(workflow: WorkflowSchema, { kind, step_id: name }: GraphStep) {
  if (kind !== 'approval' || replacedBy(workflow, name) === undefined) return false;
  return !linksOf(workflow).some(({ from }) => from === name);
}

/** What is begun where a step fails. */
export function fallbackOf({ edges }: WorkflowSchema, stepId: string): string | undefined {
  return edges.find((edge) => edge.kind === 'fallback' && edge.from === stepId)?.to;
}

/** The step that another one is instead of. */
export function replacedBy({ edges }: WorkflowSchema, stepId: string): string | undefined {
  return edges.find((edge) => edge.kind === 'fallback' && edge.to === stepId)?.from;
}

/** Branches of a quorum: what comes before it. */
export function branchesOf({ edges }: WorkflowSchema, stepId: string): readonly string[] {
  return edges.flatMap((edge) => (edge.kind === 'order' && edge.to === stepId ? [edge.from] : []));
}

export function standInFor(workflow: WorkflowSchema, stepId: string, stateOf: StateOf): StandIn {
  const looked: string[] = [];
  let step = stepId;
  for (;;) {
    const state = stateOf(step);
    if (state === undefined) return { kind: 'waits' };
    looked.push(step);
    if (state === 'completed') return { kind: 'done', step, looked };
    if (state === 'skipped') return { kind: 'skipped', step, looked };
    const next = state === 'failed' ? fallbackOf(workflow, step) : undefined;
    if (next === undefined) return { kind: 'failed', step, looked };
    step = next;
  }
}

/**
 * The steps whose artifacts a step commits to, in the order of the graph: all that its edges and
 * conditions look at. Undefined while one of them is not settled.
 */
export function parentsOf(
  workflow: WorkflowSchema,
  stepId: string,
  stateOf: StateOf,
): readonly string[] | undefined {
  const found = new Set<string>();
  for (const link of linksOf(workflow)) {
    if (link.to !== stepId) continue;
    if (link.why === 'fallback') {
      if (stateOf(link.from) === undefined) return undefined;
      found.add(link.from);
      continue;
    }
    const standIn = standInFor(workflow, link.from, stateOf);
    if (standIn.kind === 'waits') return undefined;
    for (const each of standIn.looked) found.add(each);
  }
  return workflow.steps.flatMap(({ step_id }) => (found.has(step_id) ? [step_id] : []));
}

/** Where the value of a port is: at the step that stands for the one an edge names. */
export function sourceOf(
  workflow: WorkflowSchema,
  ref: string,
  stateOf: StateOf,
): string | undefined {
  const [holder, port] = halves(ref);
  if (graphStep(workflow, holder) === undefined) return ref;
  const standIn = standInFor(workflow, holder, stateOf);
  return standIn.kind === 'done' ? `${standIn.step}.${port}` : undefined;
}

/** A failure that only leaves a quorum with one branch less ends nothing. */
function isOnlyBranch(workflow: WorkflowSchema, stepId: string): boolean {
  let root = stepId;
  for (let before = replacedBy(workflow, root); before; before = replacedBy(workflow, root)) {
    root = before;
  }
  const quorums = new Set(
    workflow.steps.flatMap(({ kind, step_id }) => (kind === 'quorum' ? [step_id] : [])),
  );
  const uses = workflow.edges.filter((edge) => usedBy(edge).includes(root));
  return uses.length > 0 && uses.every((edge) => edge.kind === 'order' && quorums.has(edge.to));
}

/** Whether a step that ended so leaves its graph without what it was to give. */
export function isLost(workflow: WorkflowSchema, stepId: string, state: SettledState): boolean {
  if (state !== 'failed' && state !== 'cancelled') return false;
  const goesOn = state === 'failed' && fallbackOf(workflow, stepId) !== undefined;
  return !goesOn && !isOnlyBranch(workflow, stepId);
}

/** Whether a step is there whatever values are, so that nobody may say it was not reached. */
export function isSurelyReached(
  workflow: WorkflowSchema,
  step: GraphStep,
  about: { readonly stateOf: StateOf; readonly given: ReadonlySet<string> },
): boolean {
  const { stateOf, given } = about;
  const { step_id: name, kind } = step;
  const before = replacedBy(workflow, name);
  if (before !== undefined && stateOf(before) !== 'failed') return false;
  if (kind === 'quorum') return true;
  const isDone = (from: string): boolean => standInFor(workflow, from, stateOf).kind === 'done';
  const isOrdered = workflow.edges.every((edge) => {
    if (edge.kind !== 'order' || edge.to !== name) return true;
    return edge.when === undefined && isDone(edge.from);
  });
  const isFed = (port: string): boolean =>
    workflow.edges.some((edge) => {
      if (edge.kind !== 'data' || edge.to !== `${name}.${port}` || edge.when) return false;
      const [holder, own] = halves(edge.from);
      return holder === WHOLE.inputs ? given.has(own) : isDone(holder);
    });
  const needed = isLastResort(workflow, step) ? [] : (step.inputs ?? []);
  return isOrdered && needed.every((port) => port.required === false || isFed(port.name));
}

function usedBy(edge: WorkflowSchema['edges'][number]): readonly string[] {
  if (edge.kind === 'fallback') return [];
  const from = edge.kind === 'data' ? halves(edge.from)[0] : edge.from;
  return edge.when === undefined ? [from] : [from, halves(edge.when.port)[0]];
}
