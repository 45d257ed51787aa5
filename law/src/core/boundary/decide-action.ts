import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type CommittedAction,
  type DecideAction,
  type Evidence,
  type FirewallDecisionReceipt,
  isDecideAction,
  type Operation,
  type Rejection,
  type Stamp,
  type VerdictCode,
  type View,
} from '@ioi/protocol';
import { outsideEnvelope } from '../capability/envelope.ts';
import type { ApproversHead } from '../factors/index.ts';
import {
  type Contents,
  decideLayers,
  type LayeredDecision,
  type Layers,
  subjectOf,
} from '../policy/index.ts';
import { requestIdOf } from '../wallet/requests.ts';
import { notAnswered } from './answered.ts';
import { type HeldApproval, holdApproval } from './approval.ts';
import {
  type Authority,
  authorityNeeds,
  authorityOf,
  closedRequest,
  grantOf,
  withAuthority,
  withPerson,
} from './authority.ts';
import { intentHash, policyBindingHash, stepHash } from './bindings.ts';
import { budgetView } from './budgets.ts';
import { readsOf } from './decide-reads.ts';
import { decidingTexts } from './deciding-texts.ts';
import { blockedEdit, editedAction, endEdited } from './edited.ts';
import {
  checkInspection,
  egressLayer,
  egressRules,
  type InspectedAhead,
  inspectedAhead,
  withEgress,
} from './egress.ts';
import { egressEvents, inspectionFields } from './egress-events.ts';
import type { BoundaryEvent, EventOf } from './events.ts';
import { otherThanStep } from './graph-act.ts';
import { graphSession, withinGraph } from './graph-spend.ts';
import {
  type ActionHead,
  type BudgetHead,
  type ContractHead,
  keys,
  type NodeHead,
  type PolicyHead,
} from './heads.ts';
import { bundleInForce, layersInForce, refusedAgent, rolesInForce } from './layers-in-force.ts';
import type { PolicyCache } from './policy-cache.ts';
import { chainReceipt, observedOf } from './receipts.ts';

/** How long a request may wait for a person, in Chain Time milliseconds. */
const PENDING_TTL_MS = 24n * 3_600_000n;

type Situation = {
  readonly payload: DecideAction;
  readonly view: View;
  readonly at: Stamp;
  readonly node: NodeHead;
  readonly contract: ContractHead['contract'];
  readonly requestHash: Digest;
  readonly factsHash: Digest;
  /** The pause this decision answers, when there is one. */
  readonly previous: ActionHead | undefined;
  /** The pause it stands in place of, where a person edited that. */
  readonly edited: ActionHead | undefined;
  readonly policyHash: Digest | undefined;
  /** Rules of the bundle in force, whichever layer decides. */
  readonly ceilingHash: Digest | undefined;
  readonly decision: LayeredDecision;
  readonly authority: Authority;
};

/**
 * Decides one action (whitepaper 2.6): evaluates the active policy again, refuses a verdict it
 * does not reproduce, consumes an approval at most once, and commits before any effect.
 */
export function decideAction(
  policies: PolicyCache,
  registry: VerifierRegistry,
): Operation<DecideAction, BoundaryEvent> {
  const ahead = inspectedAhead();
  return {
    authors: ['channel'],
    accepts: isDecideAction,
    reads: readsOf,
    needs: (payload, view) => {
      const { evidence = [], inspection } = payload;
      const rules = [view.get<PolicyHead>(keys.policy), bundleInForce(view)];
      const inspected = inspection ? [inspection.source_hash] : [];
      const contents = [...evidence, ...inspected].map(
        (each) => ({ kind: 'content', digest: each as Digest }) as const,
      );
      const payloads = rules.flatMap((each) => {
        return each ? [{ kind: 'payload', digest: each.policy_hash } as const] : [];
      });
      return [...payloads, ...contents, ...authorityNeeds(payload, view)];
    },
    decide: (payload, { view, evidence, at }) => {
      const { chainTime } = at;
      const refused = refusedAgent(payload, view);
      if (refused) return refused;
      const layers = layersInForce({ view, policies, evidence, chainTime });
      if (!layers.ok) return layers;
      const contents = decidingTexts(payload, { layers: layers.value, evidence, view });
      if (!contents.ok) return contents;
      const situation = assess(payload, {
        view,
        at,
        layers: layers.value,
        contents: contents.value,
        evidence,
        policies,
        ahead,
      });
      if (!situation.ok) return situation;
      return conclude(situation.value, registry);
    },
    *ahead({ inspection, contract_hash }, { view, evidence }) {
      const sourceHash = inspection?.source_hash as Digest | undefined;
      const content = sourceHash && evidence.payload(sourceHash);
      const contract = view.get<ContractHead>(keys.contract(contract_hash))?.contract;
      // By which rules is inspected does not depend on the time.
      const layers = layersInForce({ view, policies, evidence, chainTime: 0n });
      if (!content || !contract || !layers.ok) return;
      const rules = egressRules(layers.value, contract);
      if (rules) yield* ahead.inspect({ content, contract, rules, sourceHash });
    },
  };
}

type Assessing = {
  readonly view: View;
  readonly at: Stamp;
  readonly layers: Layers;
  readonly contents: Contents;
  readonly evidence: Evidence;
  readonly policies: PolicyCache;
  readonly ahead: InspectedAhead;
};

function assess(payload: DecideAction, assessing: Assessing): Result<Situation, Rejection> {
  const { view, at, layers } = assessing;
  const node = view.get<NodeHead>(keys.node);
  if (!node) return err({ code: 'node.no_genesis', message: 'the log has no genesis' });
  const contract = view.get<ContractHead>(keys.contract(payload.contract_hash))?.contract;
  if (!contract || contract.target !== payload.request.target) {
    return err({ code: 'contract.missing', message: `no contract for ${payload.request.target}` });
  }
  const hashed = digestOf(payload.request);
  const facts = digestOf(payload.facts);
  if (!hashed.ok) return err({ code: 'canon.refused', message: hashed.error.message });
  if (!facts.ok) return err({ code: 'canon.refused', message: facts.error.message });
  const requestHash = hashed.value;
  const previous = view.get<ActionHead>(keys.action(requestHash));
  const unanswered = previous && notAnswered(previous, payload, { at, layers });
  if (unanswered) return unanswered;
  // What was decided before was held against its step then, or a person changed it since.
  const other = previous === undefined ? otherThanStep(payload, contract, view) : undefined;
  if (other !== undefined) return err(other);
  const edited = editedAction(payload, previous, assessing);
  if (!edited.ok) return edited;
  const decision = decideAgain(payload, contract, assessing);
  if (!decision.ok) return decision;
  const within = withPerson(withinGraph(decision.value, payload, view), contract);
  const policyHash = layers.local?.policyHash;
  const looking = { ...assessing, payload, node, contract, expiry: at.chainTime + PENDING_TTL_MS };
  const authority = authorityOf(looking, { requestHash, policyHash });
  return ok({
    payload,
    view,
    at,
    node,
    contract,
    requestHash,
    factsHash: facts.value,
    previous,
    edited: edited.value,
    policyHash,
    ceilingHash: layers.ceiling?.policy.policyHash,
    decision: withAuthority(within, authority),
    authority,
  });
}

/** By the rules, then by what it would send; refuses a verdict that is not reproduced. */
function decideAgain(
  payload: DecideAction,
  contract: ContractHead['contract'],
  { view, at, layers, contents, evidence, ahead }: Assessing,
): Result<LayeredDecision, Rejection> {
  const egress = checkInspection(payload, { ahead, layers, contract, evidence, view });
  if (!egress.ok) return egress;
  const outside = outsideEnvelope(layers, contract);
  const ruled = outside ? ok(outside) : decideUnder(payload, { view, at, layers, contents });
  if (!ruled.ok) return ruled;
  const layer = egressLayer(payload, layers, contract);
  const decision = withEgress(ruled.value, egress.value, layer);
  if (decision.verdict === payload.verdict) return ok(decision);
  const message = `claimed ${payload.verdict}, evaluates to ${decision.verdict}`;
  return err({ code: 'guardian.verdict_not_reproduced', message });
}

function decideUnder(
  payload: DecideAction,
  { view, at, layers, contents }: Omit<Assessing, 'evidence' | 'ahead' | 'policies'>,
): Result<LayeredDecision, Rejection> {
  const declared = new Set(payload.budget_ids);
  const undeclared: string[] = [];
  const budgets = budgetView((budgetId) => {
    if (declared.has(budgetId)) return view.get<BudgetHead>(keys.budget(budgetId));
    undeclared.push(budgetId);
    return undefined;
  }, at.chainTime);
  const subject = subjectOf(payload.request, payload.facts, contents);
  const decision = decideLayers(layers, subject, budgets);
  const reserved = decision.reservations.map((each) => each.budget_id);
  undeclared.push(...reserved.filter((budgetId) => !declared.has(budgetId)));
  if (undeclared.length > 0) {
    const message = `the decision needs ${undeclared[0]}, which was not declared`;
    return err({ code: 'operation.undeclared_budget', message });
  }
  return ok(decision);
}

function conclude(
  situation: Situation,
  registry: VerifierRegistry,
): Result<readonly BoundaryEvent[], Rejection> {
  const { payload, decision, authority } = situation;
  if (decision.verdict === 'BLOCK' && situation.edited) return blockedEdit(decision);
  if (decision.verdict === 'BLOCK') return ok(receipted(situation, { kind: 'Block' }));
  if (authority.kind === 'missing') return withoutAuthority(situation, authority);
  if (decision.verdict === 'ALLOW') {
    return ok([...receipted(situation, { kind: 'Allow' }), ...commit(situation)]);
  }
  if (!payload.token) return ok(receipted(situation, { kind: 'PendingApproval' }));
  // The person saw these facts; for others they would have to be asked again.
  if (situation.previous?.facts_hash !== situation.factsHash) {
    const message = 'the approval does not hold: the facts are not those that were shown';
    return err({ code: 'approval.invalid', message });
  }
  const held = holdApproval(
    payload.token,
    {
      node: situation.node,
      requestHash: situation.requestHash,
      policyHash: situation.policyHash,
      chainTime: situation.at.chainTime,
      riskClass: situation.contract.risk_class,
      approvers: situation.view.get<ApproversHead>(keys.approvers),
      roles: rolesInForce(situation.view),
      ruleId: decision.ruleId,
      agentId: payload.request.context.agent_id,
      burned: (tokenHash) => situation.view.get(keys.token(tokenHash)) !== undefined,
    },
    registry,
  );
  if (!held.ok) return held;
  return ok(approvedEvents(situation, held.value));
}

/** It waits for the owner, who is asked once: an answer that does not hold leaves it waiting. */
function withoutAuthority(
  situation: Situation,
  { why, request }: Extract<Authority, { kind: 'missing' }>,
): Result<readonly BoundaryEvent[], Rejection> {
  const { previous, payload } = situation;
  if (previous && (payload.token || payload.authority_grant_id)) {
    return err({ code: 'authority.invalid', message: `no grant covers it: ${why}` });
  }
  const waiting = receipted(situation, { kind: 'PendingApproval' });
  return ok([...waiting, { type: 'authority.requested', request }]);
}

function approvedEvents(situation: Situation, { tokenHash }: HeldApproval): BoundaryEvent[] {
  return [
    { type: 'approval.consumed', token_hash: tokenHash, request_hash: situation.requestHash },
    ...receipted(situation, { kind: 'Approved', token_hash: tokenHash }),
    ...commit(situation, tokenHash),
  ];
}

type Verdict = { kind: 'Allow' | 'Block' | 'PendingApproval' } | ApprovedVerdict;
type ApprovedVerdict = { kind: 'Approved'; token_hash: Digest };

const APPROVED: VerdictCode = 'policy.approved';

/** The receipt, and the records of what would leave beside it. */
function receipted(situation: Situation, verdict: Verdict): BoundaryEvent[] {
  const event = receipt(situation, verdict);
  const { payload, requestHash, policyHash, contract } = situation;
  const { request, inspection } = payload;
  const context = { request, requestHash, policyHash, contract, inspection };
  const outward = egressEvents(context, event.receipt.body as FirewallDecisionReceipt);
  return [event, ...outward, ...closedRequest(situation), ...ended(situation, event)];
}

function ended(
  { payload, edited: old, requestHash: replacedBy, view, at }: Situation,
  instead: EventOf<'receipt.emitted'>,
): BoundaryEvent[] {
  const { edits: requestHash } = payload;
  if (old === undefined || requestHash === undefined) return [];
  return [endEdited({ requestHash, old, instead, replacedBy }, view, at)];
}

function receipt(situation: Situation, verdict: Verdict): EventOf<'receipt.emitted'> {
  const { payload, at } = situation;
  const envelope = chainReceipt(
    {
      type: 'policy',
      actorId: payload.request.context.agent_id,
      tier: payload.isolation_tier,
      contract: situation.contract,
      ...grantOf(situation),
      body: receiptBody(situation, verdict),
    },
    situation.view,
    at,
  );
  const pending = verdict.kind === 'PendingApproval';
  return {
    type: 'receipt.emitted',
    receipt: envelope,
    contract_hash: payload.contract_hash as Digest,
    attempt: payload.attempt,
    facts_hash: situation.factsHash,
    ...graphSession(payload, situation.view),
    ...(pending ? { expires: String(at.chainTime + PENDING_TTL_MS) } : {}),
  };
}

type Body = Omit<FirewallDecisionReceipt, 'seq' | 'prev_receipt_hash'>;

function receiptBody(situation: Situation, verdict: Verdict): Body {
  const { payload, decision, policyHash, ceilingHash, contract, view, requestHash } = situation;
  const { observed, ruleId, field, layer } = decision;
  const tokenHash = verdict.kind === 'Approved' ? verdict.token_hash : undefined;
  const policy = view.get<PolicyHead>(keys.policy);
  const bundle = bundleInForce(view);
  const asked =
    decision.code === 'authority.required'
      ? { authority_request_id: requestIdOf(requestHash) }
      : {};
  const step = {
    request_hash: requestHash,
    ...(policyHash === undefined ? {} : { policy_hash: policyHash }),
    verdict,
    code: tokenHash === undefined ? decision.code : APPROVED,
    ...(observed === undefined ? {} : { observed: observedOf(observed) }),
    ...(ruleId === undefined ? {} : { rule_id: ruleId }),
    ...(field === undefined ? {} : { deciding_field: field }),
    ...(layer === undefined ? {} : { layer }),
    ...(ceilingHash === undefined ? {} : { ceiling_hash: ceilingHash }),
    intent_hash: intentHash(payload.request, contract),
    policy_binding_hash: policyBindingHash({
      ...{ policy, bundle, ruleId, contract, tokenHash },
      ...grantOf(situation),
    }),
    ...asked,
    ...inspectionFields(payload.inspection),
  };
  return { ...step, step_i_hash: stepHash(step, view) };
}

function commit(situation: Situation, approvalRef?: Digest): BoundaryEvent[] {
  const { payload, policyHash, node, authority, requestHash } = situation;
  assert(policyHash !== undefined, 'nothing is committed without an active policy');
  const { grantId } = grantOf(situation);
  const committed: CommittedAction = {
    request_hash: requestHash,
    policy_hash: policyHash,
    contract_hash: payload.contract_hash,
    facts: payload.facts,
    ...(approvalRef === undefined ? {} : { approval_ref: approvalRef }),
    ...(grantId === undefined ? {} : { authority_grant_id: grantId }),
    reservations: [...situation.decision.reservations],
    attempt: payload.attempt,
    executor: node.node_id,
  };
  const event = { type: 'action.committed', committed } as const;
  if (authority.kind !== 'held') return [event];
  return [event, { type: 'authority.used', request_hash: requestHash, use: authority.use }];
}
