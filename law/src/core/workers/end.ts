import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type {
  Commitment,
  EndWorkerRun,
  Rejection,
  RunCompletionReceipt,
  Stamp,
  View,
} from '@ioi/protocol';
import { type ActionHead, type ActionState, keys } from '../boundary/heads.ts';
import {
  type AccumulatorHead,
  accumulate,
  accumulatorRoot,
  receiptLeaf,
} from '../governance/accumulator.ts';
import { type GraphSessionHead, graphKeys } from '../graphs/heads.ts';
import { adjudicationOf, gateOfContract } from './contracted.ts';
import type { WorkerRunHead } from './heads.ts';
import { hashOf, verificationOf } from './markers.ts';

const CONTRACT_VERSION = '1';
const STILL_OPEN: readonly ActionState[] = ['pending', 'committed'];
/** Codes of runs that broke their contract; every other failure is an end of its own. */
const VIOLATIONS =
  /^run\.(marker|not_replayable|output|act_unknown|act_undeclared|record|contract)/;

export type RunEnd = {
  readonly commitment: Commitment;
  readonly completion: RunCompletionReceipt;
};

/**
 * The completion gate (whitepaper E.2): a run is completed by its markers and receipts, whatever
 * its worker says. One whose act may or may not have happened is not.
 */
export function endOfRun(
  ending: EndWorkerRun,
  head: WorkerRunHead,
  { view, at }: { readonly view: View; readonly at: Stamp },
): Result<RunEnd, Rejection> {
  const root = rootOf(ending.acts, head, view);
  if (!root.ok) return root;
  const isCompleted = ending.state === 'completed';
  const { run, policy_hash, answers } = head;
  const { provider_selection_commit, task_schema_hash } = run;
  const verified = verificationOf({ ...ending, task_schema_hash });
  const gate = isCompleted ? gateOf(ending, verified, view) : undefined;
  const left = isCompleted ? leftOut(ending, head, view) : undefined;
  if (left !== undefined) return err(left);
  if (gate !== undefined) return err(gate);
  const contract = adjudicationOf(run, ending, at);
  const unkept = gateOfContract(run, ending, contract);
  if (unkept !== undefined) return err(unkept);
  const verification = isCompleted ? { verification_commit: verified } : {};
  const receipt_root = accumulatorRoot(root.value);
  const under = contract === undefined ? {} : { contract };
  const evidence = hashOf({ provider_selection_commit, ...verification, receipt_root, ...under });
  const acts = String(ending.acts.length);
  return ok({
    commitment: {
      artifact_class: 2,
      session_id: run.session_id,
      policy_hash,
      receipt_root,
      final_seq: String(ending.acts.length + answers),
    },
    completion: {
      run_id: ending.run_id,
      contract_version: CONTRACT_VERSION,
      state: ending.state,
      // What people have yet to judge has satisfied nobody.
      satisfied: isCompleted && (contract === undefined || contract.verdict === 'kept'),
      evidence_commit_hash: evidence,
      applicability_class: 'topology_dependent',
      provider_selection_commit,
      ...verification,
      ...{ acts, answers: String(answers) },
      ...(ending.state === 'failed' ? { error_class: classOf(ending.code ?? '') } : {}),
      ...(ending.code === undefined ? {} : { code: ending.code }),
      ...under,
    },
  });
}

function classOf(code: string): NonNullable<RunCompletionReceipt['error_class']> {
  return VIOLATIONS.test(code) ? 'ExecutionContractViolation' : 'ExecutionFailedTerminal';
}

function gateOf(ending: EndWorkerRun, verified: Digest, view: View): Rejection | undefined {
  if (ending.verification_commit === undefined) {
    const message = 'ExecutionContractViolation: no verification_commit';
    return { code: 'run.marker_missing', message };
  }
  if (ending.verification_commit !== verified) {
    const message = 'ExecutionContractViolation: verification_commit is over something else';
    return { code: 'run.marker_wrong', message };
  }
  const isUnknown = (hash: string): boolean =>
    view.get<ActionHead>(keys.action(hash))?.state === 'effect_unknown';
  const unknown = ending.acts.find(isUnknown);
  if (unknown === undefined) return undefined;
  const message = `ExecutionContractViolation: whether ${unknown} happened is not known`;
  return { code: 'run.act_unknown', message };
}

/** Of a step of a graph each act of its session is one of its run: two were not done as one. */
function leftOut({ acts }: EndWorkerRun, { run }: WorkerRunHead, view: View) {
  const session = view.get<GraphSessionHead>(graphKeys.session(run.session_id));
  if (session === undefined || (session.acts ?? 0) === acts.length) return undefined;
  const message = `ExecutionContractViolation: its session has ${session.acts ?? 0} acts`;
  return { code: 'run.act_undeclared', message };
}

/** Over what the worker was told, as it was sealed, and then its acts, in the order of steps. */
function rootOf(
  acts: readonly string[],
  head: WorkerRunHead,
  view: View,
): Result<AccumulatorHead | undefined, Rejection> {
  if (new Set(acts).size < acts.length) {
    return err({ code: 'run.act_twice', message: 'it names an act twice' });
  }
  // Other runs of a graph have the same agent.
  const isOfGraph = view.get(graphKeys.session(head.run.session_id)) !== undefined;
  let root = head.accumulator;
  for (const request_hash of acts) {
    const action = view.get<ActionHead>(keys.action(request_hash));
    const isElsewhere = isOfGraph && action?.session_id !== head.run.session_id;
    if (action?.agent_id !== head.run.agent_id || isElsewhere) {
      return err({ code: 'run.act_foreign', message: `${request_hash} is no act of this run` });
    }
    if (STILL_OPEN.includes(action.state)) {
      return err({ code: 'run.act_open', message: `${request_hash} is ${action.state}` });
    }
    const { decision_hash, execution_hash } = action;
    const executed: { execution_hash?: Digest } =
      execution_hash === undefined ? {} : { execution_hash };
    root = accumulate(root, receiptLeaf({ request_hash, decision_hash, ...executed }));
  }
  return ok(root);
}
