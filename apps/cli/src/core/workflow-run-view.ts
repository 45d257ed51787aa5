import type {
  WorkflowRunListed,
  WorkflowRunMerge,
  WorkflowRunStatus,
  WorkflowRunStep,
} from '@ioi/protocol';
import type { Column } from './columns.ts';
import { visible } from './visible.ts';

export const WORKFLOW_RUN_COLUMNS: readonly Column[] = [
  { title: 'RUN', most: 40 },
  { title: 'STATE', most: 12 },
  { title: 'WORKFLOW', most: 80 },
];

export function workflowRunRows(runs: readonly WorkflowRunListed[]): string[][] {
  return runs.map(({ graph_run_id, state, workflow_id }) => [graph_run_id, state, workflow_id]);
}

/** What became of a run of a workflow, step by step. */
export function workflowRunLines(status: WorkflowRunStatus): string[] {
  const { run, steps, output, detail, merge, speculative } = status;
  return [
    `${run.graph_run_id}: ${run.state}, ${run.workflow_id}`,
    ...steps.map(stepLine),
    ...steps.flatMap(waitingLines),
    ...(output === undefined ? [] : [`output: ${JSON.stringify(output)}`]),
    ...(run.code === undefined ? [] : [`code: ${run.code}`]),
    ...(detail === undefined ? [] : [`  ${detail}`]),
    ...(merge === undefined ? [] : [mergeLine(merge)]),
    ...(speculative === true
      ? ['speculative: nothing of it is in the folder before the merge']
      : []),
  ].map(visible);
}

function mergeLine({ run_id, state, code }: WorkflowRunMerge): string {
  const why = code === undefined ? '' : `, ${code}`;
  const hint = state === 'pending' ? ' (ioi inbox)' : '';
  return `its copy: ${state}${why}${hint}; ioi runs show ${run_id}`;
}

/** Of a step whose state is another than was told before. */
export function stepLine({ step_id, state, worker, run_id, code }: WorkflowRunStep): string {
  const parts = [state.padEnd(9), step_id, worker, run_id, code];
  return `  ${parts.filter((each) => each !== undefined).join('  ')}`;
}

export function waitingLines({ step_id, pending }: WorkflowRunStep): string[] {
  return pending.map((hash) => `${step_id} waits for a person: ${hash} (ioi inbox)`);
}
