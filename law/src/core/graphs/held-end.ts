import type { EndGraphRun, Rejection, View } from '@ioi/protocol';
import { WHOLE } from '../workflows/links.ts';
import type { OpenGraph } from './heads.ts';
import { GraphStanding, sameList } from './standing.ts';
import { isLost } from './structure.ts';

/** Why a run of a graph does not end so: all is named that was settled, nothing is under way. */
export function heldEnd(
  { state, artifacts, outputs }: EndGraphRun,
  { graph, run }: OpenGraph,
  view: View,
): Rejection | undefined {
  const standing = new GraphStanding(graph, view);
  const { workflow } = standing;
  if (run.running > 0) return { code: 'graph.running', message: `${run.running} steps go on` };
  const settled = workflow.steps.flatMap(({ step_id }) => standing.settled(step_id) ?? []);
  if (
    !sameList(
      artifacts,
      settled.map(({ artifact_hash }) => artifact_hash),
    )
  ) {
    return { code: 'graph.wrong_artifacts', message: 'it does not name what its steps left' };
  }
  const isEscalated = settled.some((each) => each.state === 'escalated');
  if ((state === 'escalated') !== isEscalated) {
    return { code: 'graph.wrong_end', message: `no step leads to ${state}` };
  }
  if (state === 'cancelled' && run.state !== 'cancelling') {
    return { code: 'graph.wrong_end', message: 'nobody cancelled it' };
  }
  if (state !== 'completed') return outputs.length > 0 ? NO_OUTPUTS : undefined;
  if (settled.length < workflow.steps.length || run.state === 'cancelling') {
    return { code: 'graph.not_done', message: 'not each of its steps was settled' };
  }
  const lost = settled.find((each) => isLost(workflow, each.artifact.step_id, each.state));
  if (lost !== undefined) {
    return { code: 'graph.step_failed', message: `${lost.artifact.step_id} is ${lost.state}` };
  }
  const given = new Set(outputs.map(({ port }) => port));
  const wanted = (workflow.outputs ?? []).filter(({ required }) => required !== false);
  const missing = wanted.find(({ name }) => !given.has(name));
  if (missing !== undefined) {
    return { code: 'graph.output_missing', message: `nothing came to ${missing.name}` };
  }
  return standing.wrongGiven(WHOLE.outputs, outputs);
}

const NO_OUTPUTS: Rejection = {
  code: 'graph.wrong_outputs',
  message: 'only what is completed gives something',
};
