import type { EndWorkerRun, OpenWorkerRun, Rejection, View } from '@ioi/protocol';
import { type ActionHead, type ContractHead, keys } from '../boundary/heads.ts';
import type { WorkerRunHead } from './heads.ts';

/** A step of a graph that the node carries out has neither manifest nor more than one act. */
export function heldOwnRun(run: OpenWorkerRun): Rejection | undefined {
  const { own, managed, task, approval } = run;
  if (approval !== undefined && managed === undefined) {
    return { code: 'run.own_bounds', message: 'a person decides each act of installed workers' };
  }
  if (own === undefined) return undefined;
  const { max_steps } = task.constraints;
  if (managed === undefined && max_steps === 1) return undefined;
  return { code: 'run.own_bounds', message: 'what the node does itself is one step of no worker' };
}

/** It is completed by one act under its contract, or by a person's no where one was asked. */
export function gateOfOwn(
  { run }: WorkerRunHead,
  { state, acts }: EndWorkerRun,
  view: View,
): Rejection | undefined {
  if (run.own === undefined || state !== 'completed') return undefined;
  const { contract_hash } = run.own;
  const heads = actsOf(acts, view);
  const other = heads.find((action) => action.contract_hash !== contract_hash);
  const isAnswered = doneOf(heads) === 1 || isNo(run, heads);
  if (other === undefined && isAnswered) return undefined;
  const message = 'ExecutionContractViolation: it is not one act under the contract of its step';
  return { code: 'run.act_undeclared', message };
}

/** What a person said to a run that only asked one. */
export function answerOf({ run }: WorkerRunHead, { state, acts }: EndWorkerRun, view: View) {
  const isSaid = state === 'completed' && run.own !== undefined && isNo(run, actsOf(acts, view));
  return isSaid ? ({ answer: 'no' } as const) : {};
}

/** That rules blocked it, or that nobody answered, is no word of a person. */
function isNo({ task }: WorkerRunHead['run'], heads: readonly ActionHead[]): boolean {
  if (task.objective !== 'approval' || doneOf(heads) > 0) return false;
  return heads.at(-1)?.denied === 'approval.denied';
}

function actsOf(acts: readonly string[], view: View): readonly ActionHead[] {
  return acts.flatMap((hash) => view.get<ActionHead>(keys.action(hash)) ?? []);
}

function doneOf(heads: readonly ActionHead[]): number {
  return heads.filter(({ state }) => state === 'completed').length;
}

/** Where a person decides each act of a run, none of it was done under a contract without one. */
export function gateOfAsked(
  { run }: WorkerRunHead,
  { state, acts }: EndWorkerRun,
  view: View,
): Rejection | undefined {
  if (run.approval === undefined || state !== 'completed') return undefined;
  const unasked = acts.find((hash) => {
    const action = view.get<ActionHead>(keys.action(hash));
    if (action?.execution_hash === undefined) return false;
    const head = view.get<ContractHead>(keys.contract(action.contract_hash));
    return head?.contract.approval !== 'always';
  });
  if (unasked === undefined) return undefined;
  const message = `ExecutionContractViolation: no person was to decide ${unasked}`;
  return { code: 'run.act_undeclared', message };
}
