import type { BeginGraphStep, Rejection, Stamp, View, WorkflowSchema } from '@ioi/protocol';
import { workerKeys } from '../workers/heads.ts';
import { graphKeys, type OpenGraph } from './heads.ts';
import { GraphStanding, sameList } from './standing.ts';
import { type GraphStep, graphStep, isCarried, isWorkerStep, replacedBy } from './structure.ts';

/** Why a step does not begin: it began, it is too soon or too late, or it is fed otherwise. */
export function heldBegin(
  begun: BeginGraphStep,
  { graph, run }: OpenGraph,
  view: View,
  at: Stamp,
): Rejection | undefined {
  const { step_id, run_id, inputs, parents } = begun;
  const standing = new GraphStanding(graph, view);
  const { workflow, parallel } = graph.opened;
  if (run.state !== 'open') return { code: 'graph.cancelled', message: 'it is being cancelled' };
  const step = graphStep(workflow, step_id);
  if (step === undefined || !isCarried(workflow, step)) {
    return { code: 'graph.no_step', message: `${step_id} is no step that a run carries out` };
  }
  if (standing.step(step_id) !== undefined) {
    return { code: 'graph.step_begun', message: `${step_id} began before` };
  }
  const { session_id: session } = begun;
  if (session === undefined && isCounted(workflow, step)) {
    return { code: 'graph.no_session', message: `nobody could count what ${step_id} does` };
  }
  const isTaken = [
    ...[workerKeys.run(run_id), graphKeys.carrier(run_id)],
    ...(session === undefined ? [] : [graphKeys.session(session)]),
  ].some((key) => view.get(key));
  if (isTaken) return { code: 'graph.run_taken', message: `${run_id} is of something else` };
  if (run.running >= parallel) {
    return { code: 'graph.too_many', message: `${parallel} steps of it are under way` };
  }
  const end = endsBy(graph);
  if (end !== undefined && at.chainTime >= end) {
    return { code: 'graph.deadline', message: 'its time has passed' };
  }
  if (!sameList(parents, standing.parents(step_id))) {
    return { code: 'graph.wrong_parents', message: `${step_id} does not follow what it names` };
  }
  const before = replacedBy(workflow, step_id);
  if (before !== undefined && standing.stateOf(before) !== 'failed') {
    return { code: 'graph.not_needed', message: `${before} did not fail` };
  }
  return standing.wrongGiven(step_id, inputs) ?? unfed(standing, begun);
}

/** Its acts are told from those of others, by whoever bounds them. */
function isCounted({ budget }: WorkflowSchema, step: GraphStep): boolean {
  if (!isWorkerStep(step) || step.approval !== undefined) return true;
  return budget?.max_spend !== undefined || step.budget?.max_spend !== undefined;
}

/** Chain Time at which nothing of it begins any more. */
export function endsBy({ opened, opened_at }: OpenGraph['graph']): bigint | undefined {
  const most = opened.workflow.budget?.max_duration_ms;
  return most === undefined ? undefined : BigInt(opened_at) + BigInt(most);
}

function unfed(
  { workflow }: GraphStanding,
  { step_id, inputs }: BeginGraphStep,
): Rejection | undefined {
  const given = new Set(inputs.map(({ port }) => port));
  const ports = graphStep(workflow, step_id)?.inputs ?? [];
  const missing = ports.find(({ name, required }) => required !== false && !given.has(name));
  if (missing === undefined) return undefined;
  return { code: 'graph.not_fed', message: `nothing came to ${step_id}.${missing.name}` };
}
