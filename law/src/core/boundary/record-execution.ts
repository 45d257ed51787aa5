import { assert, err, ok } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import {
  isRecordExecution,
  type Operation,
  type RecordExecution,
  type RuntimeToolContract,
  type Stamp,
  type ToolExecutionReceipt,
  type View,
} from '@ioi/protocol';
import type { BoundaryEvent } from './events.ts';
import { type ActionHead, type ContractHead, keys } from './heads.ts';
import { chainReceipt } from './receipts.ts';
import { violations } from './rrsa.ts';

/**
 * Records what became of a committed action (whitepaper E.2): whether it satisfies its contract
 * follows from markers and postconditions, never from what the tool said. An unknown effect may
 * be reconciled later by a second receipt that names the first; nothing else is recorded twice.
 */
export const recordExecution: Operation<RecordExecution, BoundaryEvent> = {
  authors: ['channel'],
  accepts: isRecordExecution,
  reads: (payload) => [
    keys.node,
    keys.lastReceipt,
    keys.action(payload.request_hash),
    keys.contract(payload.contract_hash),
  ],
  needs: () => [],
  decide: (payload, { view, at }) => {
    const action = view.get<ActionHead>(keys.action(payload.request_hash));
    const reconciling = payload.reconciles !== undefined;
    const expected = reconciling ? 'effect_unknown' : 'committed';
    if (action?.state !== expected || payload.reconciles !== action?.execution_hash) {
      const message = `expected a request that is ${expected}, this one is ${action?.state}`;
      return err({ code: 'action.not_committed', message });
    }
    if (reconciling && payload.outcome === 'effect_unknown') {
      return err({ code: 'action.not_reconciled', message: 'a reconciliation has an outcome' });
    }
    const contract = view.get<ContractHead>(keys.contract(payload.contract_hash))?.contract;
    if (!contract || payload.contract_hash !== action.contract_hash) {
      return err({ code: 'contract.missing', message: 'not the contract it was committed under' });
    }
    const receipt = receiptOf({ payload, action, contract, view, at });
    return ok([receipt, ...settlements(payload, action)]);
  },
};

/** An unknown effect keeps its reservation until it is reconciled. */
function settlements(payload: RecordExecution, action: ActionHead): BoundaryEvent[] {
  if (payload.outcome === 'effect_unknown') return [];
  const request_hash = payload.request_hash as Digest;
  const released = payload.outcome === 'failed_before_effect';
  const budgets = (action.reservations ?? []).map(({ budget_id }) => {
    return { type: 'budget.settled', budget_id, request_hash, released } as const;
  });
  const use = released ? action.authority : undefined;
  if (use === undefined) return budgets;
  return [...budgets, { type: 'authority.released', request_hash, use }];
}

type Execution = {
  readonly payload: RecordExecution;
  readonly action: ActionHead;
  readonly contract: RuntimeToolContract;
  readonly view: View;
  readonly at: Stamp;
};

function receiptOf({ payload, action, contract, view, at }: Execution): BoundaryEvent {
  assert(action.committed_hash !== undefined, 'a committed action has its hash');
  const bound = { requestHash: payload.request_hash, decisionHash: action.decision_hash, contract };
  const unmet = violations(payload, bound);
  const evidence = digestOf({ markers: payload.markers, postconditions: payload.postconditions });
  assert(evidence.ok, 'markers have a canonical form');
  const failed = payload.outcome !== 'completed';
  const errorClass = failed ? 'ExecutionFailedTerminal' : 'ExecutionContractViolation';
  const detail = unmet.length > 0 ? `missing: ${unmet.join(', ')}` : payload.detail;
  const body: Omit<ToolExecutionReceipt, 'seq' | 'prev_receipt_hash'> = {
    request_hash: payload.request_hash,
    committed_action_hash: action.committed_hash,
    contract_hash: action.contract_hash,
    outcome: payload.outcome,
    reported_error: payload.reported_error,
    satisfied: !failed && unmet.length === 0,
    markers: payload.markers,
    postconditions: payload.postconditions,
    evidence_commit_hash: evidence.value,
    contract_version: contract.version,
    attempt: action.attempt,
    ...(failed || unmet.length > 0 ? { error_class: errorClass } : {}),
    ...(detail === undefined ? {} : { detail }),
    ...(payload.reconciles === undefined ? {} : { reconciles: payload.reconciles }),
    ...(payload.token_usage === undefined ? {} : { token_usage: payload.token_usage }),
    ...(payload.model_served === undefined ? {} : { model_served: payload.model_served }),
  };
  const outputHash = payload.markers.rrsa_output_commitment;
  const receipt = chainReceipt(
    {
      type: 'tool_execution',
      actorId: action.agent_id,
      tier: action.isolation_tier,
      contract,
      ...(action.authority ? { grantId: action.authority.authority_grant_id } : {}),
      ...(outputHash === undefined ? {} : { outputHash }),
      body,
    },
    view,
    at,
  );
  return { type: 'receipt.emitted', receipt };
}
