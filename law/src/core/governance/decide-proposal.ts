import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type DecideProposal,
  type InclusionResult,
  isDecideProposal,
  type Rejection,
  type UpgradeDecisionReceipt,
  type View,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { chainReceipt } from '../boundary/receipts.ts';
import {
  approvalKeys,
  type GovernanceOperation,
  holdSignature,
  holdStepUp,
  policyInForce,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import type { Decided, GovernanceEvent } from './events.ts';
import { governanceKeys, type ProposalHead } from './heads.ts';
import { nodeActor } from './names.ts';
import { changeOf, movedSince, notIn } from './proposals.ts';
import { emitted } from './swap-module.ts';
import { inclusionOfChange, targetKey } from './targets.ts';

/** Target of the request an owner approves when an upgrade may widen. */
export const UPGRADE_TARGET = 'upgrade::decide';

type Verdict = DecideProposal['decision']['verdict'];

/** In which states a verdict can be given. */
const GIVEN_IN: Record<Verdict, readonly ProposalHead['state'][]> = {
  approve: ['simulated', 'escalated'],
  reject: ['submitted', 'simulated', 'failed', 'escalated'],
  escalate: ['simulated'],
  roll_back: ['approved', 'committed'],
};

const SAID: Record<Verdict, UpgradeDecisionReceipt['verdict']> = {
  approve: 'Approved',
  reject: 'Rejected',
  escalate: 'Escalated',
  roll_back: 'RolledBack',
};

/**
 * The owner decides (whitepaper 2.6.11). A change that may widen, forward or back, needs a token
 * over exactly this decision; nothing takes effect before it is committed.
 */
export function decideProposal(registry: VerifierRegistry): GovernanceOperation<DecideProposal> {
  return {
    authors: SPEAKERS,
    accepts: isDecideProposal,
    reads: (payload, view) => {
      const key = governanceKeys.proposal(payload.decision.proposal_id);
      const proposal = view.get<ProposalHead>(key)?.proposal;
      const about = proposal ? [targetKey(proposal), governanceKeys.chain(proposal.chain_id)] : [];
      return [keys.node, keys.lastReceipt, key, ...about, ...approvalKeys(payload)];
    },
    needs: () => [],
    decide: ({ decision, signature, ...approval }, { view, at }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const node = found.value;
      const said = { node, operation: 'proposal.decide', statement: decision };
      const held = holdSignature(said, node.owner_key, signature, registry);
      if (!held.ok) return held;
      const { proposal_id, verdict, old_hash, new_hash } = decision;
      const head = view.get<ProposalHead>(governanceKeys.proposal(proposal_id));
      if (!head || !GIVEN_IN[verdict].includes(head.state)) return notIn(`up for ${verdict}`, head);
      const { proposal } = head;
      if (proposal.old_hash !== old_hash || proposal.new_hash !== new_hash) {
        return reject('proposal.differs', 'the decision is about another change');
      }
      const weighed = weigh(head, verdict, view);
      if (!weighed.ok) return weighed;
      const { state, inclusion, needsToken } = weighed.value;
      const stepUp = needsToken
        ? holdStepUp(
            {
              ...approval,
              target: UPGRADE_TARGET,
              statement: decision,
              policyHash: policyInForce(view, proposal.chain_id),
            },
            { node, view, at },
            registry,
          )
        : ok(undefined);
      if (!stepUp.ok) return stepUp;
      const tokenHash = stepUp.value?.tokenHash;
      const body = receiptBody({ decision, signature, ...weighed.value, tokenHash });
      const actorId = nodeActor(node.node_id);
      const receipt = chainReceipt({ type: 'upgrade', actorId, body }, view, at);
      const decided: GovernanceEvent = {
        type: 'upgrade.proposal_decided',
        proposal_id: proposal_id as Digest,
        state,
        inclusion_result: inclusion,
        ...(tokenHash === undefined ? {} : { token_hash: tokenHash }),
      };
      const consumed = stepUp.value ? [stepUp.value.consumed] : [];
      return ok([...consumed, decided, emitted(receipt)]);
    },
  };
}

type DecisionMade = Pick<DecideProposal, 'decision' | 'signature'> &
  Weighed & { readonly tokenHash: Digest | undefined };

function receiptBody({
  decision: { proposal_id, verdict },
  signature,
  state,
  inclusion,
  needsToken,
  tokenHash,
}: DecisionMade): Omit<UpgradeDecisionReceipt, 'seq' | 'prev_receipt_hash'> {
  return {
    artifact_class: 1,
    proposal_id,
    verdict: SAID[verdict],
    reason_code: reasonFor(state, needsToken),
    inclusion_result: inclusion,
    authority_signature: signature,
    ...(tokenHash === undefined ? {} : { token_hash: tokenHash }),
  };
}

type Weighed = {
  readonly state: Decided;
  readonly inclusion: InclusionResult;
  readonly needsToken: boolean;
};

/** What a verdict leads to. Only what will change something is held to the invariant. */
function weigh(head: ProposalHead, verdict: Verdict, view: View): Result<Weighed, Rejection> {
  if (verdict === 'reject' || verdict === 'escalate') {
    const inclusion = inclusionOfChange(head.proposal, changeOf(head, false), view);
    const state = verdict === 'reject' ? 'rejected' : 'escalated';
    return ok({ state, inclusion, needsToken: false });
  }
  if (verdict === 'roll_back' && head.state === 'approved') {
    return ok({ state: 'rolled_back', inclusion: 'unchanged', needsToken: false });
  }
  const backward = verdict === 'roll_back';
  const moved = movedSince(head, backward, view);
  if (!moved.ok) return moved;
  const inclusion = inclusionOfChange(head.proposal, changeOf(head, backward), view);
  const state = backward ? 'rolling_back' : 'approved';
  return ok({ state, inclusion, needsToken: inclusion === 'undecided' });
}

function reasonFor(state: Decided, hasToken: boolean): UpgradeDecisionReceipt['reason_code'] {
  if (hasToken) return 'STEP_UP_APPROVED';
  return state === 'approved' || state === 'rolling_back' ? 'MONOTONIC_PASS' : 'OWNER_DECISION';
}
