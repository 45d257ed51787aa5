import type { WorkflowSchema } from '@ioi/protocol';
import type { WorkflowFlaw } from '../workflows/faults.ts';
import { isCarried, isWorkerStep } from './structure.ts';

/** Of one run of a worker. */
const MOST_STEPS = 1024;

/** What the node carries out itself is one act. */
const ONE = 1;

/**
 * How many steps of its own each worker of a graph may take: together no more than the whole may,
 * also where each fallback is begun. What has no budget of its own shares what the others leave.
 */
export function splitBudget(workflow: WorkflowSchema): ReadonlyMap<string, number> {
  const { budget, steps } = workflow;
  const workers = steps.filter((step) => isCarried(workflow, step));
  const own = workers.map((step) => {
    return isWorkerStep(step) ? step.budget?.max_calls : Math.min(ONE, step.budget?.max_calls ?? 1);
  });
  const taken = own.reduce((sum: number, each) => sum + (each ?? 0), 0);
  const sharing = own.filter((each) => each === undefined).length;
  const left = budget?.max_calls === undefined ? undefined : budget.max_calls - taken;
  const share = left === undefined ? MOST_STEPS : Math.floor(left / Math.max(1, sharing));
  return new Map(
    workers.map(({ step_id }, at) => [step_id, Math.min(MOST_STEPS, own[at] ?? share)]),
  );
}

/** Where a budget does not go round, or leaves a step with nothing. */
export function splitFlaws(workflow: WorkflowSchema): readonly WorkflowFlaw[] {
  const split = splitBudget(workflow);
  const sum = [...split.values()].reduce((total, each) => total + each, 0);
  const most = workflow.budget?.max_calls ?? Number.POSITIVE_INFINITY;
  const empty = workflow.steps.findIndex(({ step_id }) => (split.get(step_id) ?? 1) < 1);
  if (empty < 0 && sum <= most) return [];
  const pointer = empty < 0 ? '/budget/max_calls' : `/steps/${empty}`;
  const message = `${most} calls are not enough for all its steps`;
  return [{ code: 'workflow.budget_exceeds', pointer, message }];
}
