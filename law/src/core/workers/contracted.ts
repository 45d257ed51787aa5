import { digestOf } from '@ioi/canon';
import type {
  EndWorkerRun,
  OpenWorkerRun,
  Rejection,
  RunCompletionReceipt,
  Stamp,
  View,
} from '@ioi/protocol';
import { isWhole, judgeContract, tierOf, verdictOf } from '../ics/index.ts';
import { type InstalledHead, workerKeys } from './heads.ts';
import { hashOf } from './markers.ts';

export type Adjudication = NonNullable<RunCompletionReceipt['contract']>;

/** A contract binds to a manifest by its template, and to who may do the work by its publisher. */
export function heldContract(run: OpenWorkerRun, view: View): Rejection | undefined {
  const { contract, managed, task } = run;
  if (contract === undefined) return undefined;
  if (!digestOf(contract).ok) return refusal('contract.invalid', 'it has no canonical form');
  if (managed === undefined) {
    return refusal('contract.no_manifest', 'a contract binds to an installed worker');
  }
  const manifest = view.get<InstalledHead>(workerKeys.installed(managed.id))?.manifest;
  if (manifest?.template_id !== contract.template_id) {
    const own = manifest?.template_id ?? 'none';
    return refusal('contract.other_template', `${managed.id} has the template ${own}`);
  }
  const { allowed_providers: allowed, deadline_epoch: latest } = contract;
  if (allowed !== undefined && !allowed.includes(manifest.authority)) {
    return refusal('contract.provider', `${manifest.authority} is not one that may do the work`);
  }
  const { deadline } = task.constraints;
  const isBound = latest === undefined || (deadline && BigInt(deadline) <= BigInt(latest));
  return isBound ? undefined : refusal('contract.deadline', `the task has until ${deadline}`);
}

/** How an end stands to the contract of its run; undefined where it has none. */
export function adjudicationOf(
  { contract, task }: OpenWorkerRun,
  { state, judged = [] }: EndWorkerRun,
  { chainTime: at }: Stamp,
): Adjudication | undefined {
  if (contract === undefined) return undefined;
  const outcome = task.output_contract.type;
  const isDelivered = state === 'completed';
  const all = judgeContract(contract, { at, outcome, isDelivered, judged });
  return {
    template_id: contract.template_id,
    contract_hash: hashOf(contract),
    tier: tierOf(contract),
    verdict: verdictOf(all, isDelivered),
    judged: [...all],
  };
}

/** What is said of a rubric is all that can be, and no run is completed that broke an entry. */
export function gateOfContract(
  { contract }: OpenWorkerRun,
  { state, judged }: EndWorkerRun,
  found: Adjudication | undefined,
): Rejection | undefined {
  const isSaid = judged !== undefined;
  if (isSaid && (contract === undefined || !isWhole(contract, judged))) {
    return refusal('run.contract_unjudged', 'what is said of its rubric is not what it has');
  }
  if (state !== 'completed' || contract === undefined) return undefined;
  if (!isSaid && !isWhole(contract, [])) {
    return refusal('run.contract_unjudged', 'ExecutionContractViolation: its rubric is not judged');
  }
  const broken = found?.judged.find(({ verdict }) => verdict === 'broken');
  if (broken === undefined) return undefined;
  const message = `ExecutionContractViolation: ${broken.entry}: ${broken.why}`;
  return refusal('run.contract_broken', message);
}

function refusal(code: string, message: string): Rejection {
  return { code, message };
}
