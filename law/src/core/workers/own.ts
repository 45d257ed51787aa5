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
  const heads = acts.flatMap((hash) => view.get<ActionHead>(keys.action(hash)) ?? []);
  const other = heads.find((action) => action.contract_hash !== contract_hash);
  const done = heads.filter(({ state: became }) => became === 'completed');
  const isAnswered = run.task.objective === 'approval' && heads.length > 0;
  if (other === undefined && (done.length === 1 || (done.length === 0 && isAnswered))) {
    return undefined;
  }
  const message = 'ExecutionContractViolation: it is not one act under the contract of its step';
  return { code: 'run.act_undeclared', message };
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
