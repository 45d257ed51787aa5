import type { Digest } from '@ioi/canon';
import type {
  AuthorityScopeRequestEnvelope,
  DecideAction,
  Evidence,
  HeadKey,
  Need,
  RuntimeToolContract,
  Stamp,
  View,
} from '@ioi/protocol';
import { type Contents, evaluate, type LayeredDecision, subjectOf } from '../policy/index.ts';
import type { AuthorityUse } from '../wallet/authority-events.ts';
import {
  asksApproval,
  refusalUnder,
  type ScopedAct,
  type Standing,
  scopedAct,
  standingKeys,
  standingOf,
  useOf,
} from '../wallet/cover.ts';
import { type GrantHead, walletKeys } from '../wallet/heads.ts';
import { requestFor } from '../wallet/requests.ts';
import { budgetView } from './budgets.ts';
import type { BoundaryEvent } from './events.ts';
import type { ActionHead, NodeHead } from './heads.ts';
import type { PolicyCache } from './policy-cache.ts';

/** Whether an act has the authority its tool takes (whitepaper 7.5, B.3). */
export type Authority =
  | { readonly kind: 'not_needed' }
  /** Under a grant; `asks` where that says that a person looks at it all the same. */
  | { readonly kind: 'held'; readonly use: AuthorityUse; readonly asks: boolean }
  /** `why` is the member of the grant that does not hold. */
  | {
      readonly kind: 'missing';
      readonly why: string;
      readonly request: AuthorityScopeRequestEnvelope;
    };

type Named = Pick<DecideAction, 'authority_grant_id'>;

export function authorityKeys({ authority_grant_id: id }: Named, view: View): HeadKey[] {
  return id === undefined ? [] : standingKeys(id, view);
}

/** The region of the grant, if it has one. */
export function authorityNeeds({ authority_grant_id: id }: Named, view: View): Need[] {
  const head = id === undefined ? undefined : view.get<GrantHead>(walletKeys.grant(id));
  const region = head?.grant.region_hash;
  return region === undefined ? [] : [{ kind: 'payload', digest: region as Digest }];
}

type Looking = {
  readonly payload: DecideAction;
  readonly view: View;
  readonly at: Stamp;
  readonly node: NodeHead;
  readonly contract: RuntimeToolContract;
  readonly contents: Contents;
  readonly evidence: Evidence;
  readonly policies: PolicyCache;
  /** Chain Time until which what is missing is asked for. */
  readonly expiry: bigint;
};

export function authorityOf(
  looking: Looking,
  hashes: Pick<ScopedAct, 'requestHash' | 'policyHash'>,
): Authority {
  const { payload, contract, contents, view, at, node } = looking;
  if (contract.authority_scopes.length === 0) return { kind: 'not_needed' };
  const { request, facts, authority_grant_id: id } = payload;
  const subject = subjectOf(request, facts, contents);
  const act = scopedAct({ request, subject, contract }, hashes);
  const now = { revocationEpoch: node.revocation_epoch, chainTime: at.chainTime };
  const standing = id === undefined ? undefined : standingOf(id, view, now);
  const why = standing ? refusalUnder(standing, act) : 'authority_grant_id';
  const region = standing && why === undefined ? verdictIn(standing, looking) : 'ALLOW';
  if (standing && why === undefined && region !== 'BLOCK') {
    const asks = region === 'REQUIRE_APPROVAL' || asksApproval(standing, act);
    return { kind: 'held', use: useOf(standing, act), asks };
  }
  const asking = { nodeId: node.node_id, expiry: looking.expiry };
  return { kind: 'missing', why: why ?? 'region_hash', request: requestFor(act, asking) };
}

/** What the region says; calls and amounts are counted by the grant alone. */
function verdictIn({ grant }: Standing, { payload, policies, evidence, contents, at }: Looking) {
  const { region_hash } = grant.grant;
  if (region_hash === undefined) return 'ALLOW';
  const region = policies.compiled(region_hash as Digest, evidence);
  if (region === undefined) return 'BLOCK';
  const subject = subjectOf(payload.request, payload.facts, contents);
  return evaluate(
    region,
    subject,
    budgetView(() => undefined, at.chainTime),
  ).verdict;
}

/** A contract may want a person for each act; what the rules block stays blocked. */
export function withPerson(
  decision: LayeredDecision,
  { approval }: Pick<RuntimeToolContract, 'approval'>,
): LayeredDecision {
  if (approval === undefined || decision.verdict !== 'ALLOW') return decision;
  const field = 'contract.approval';
  return { ...decision, verdict: 'REQUIRE_APPROVAL', code: 'approval.required', field };
}

/** A grant never lifts what the rules say; without one, or where it says so, a person is asked. */
export function withAuthority(decision: LayeredDecision, authority: Authority): LayeredDecision {
  if (decision.verdict === 'BLOCK') return decision;
  if (authority.kind === 'missing') {
    return { ...decision, code: 'authority.required', field: authority.why };
  }
  if (authority.kind !== 'held' || !authority.asks || decision.verdict !== 'ALLOW') return decision;
  const field = 'approval_required_for';
  return { ...decision, verdict: 'REQUIRE_APPROVAL', code: 'approval.required', field };
}

type Decided = {
  readonly previous: ActionHead | undefined;
  readonly authority: Authority;
  readonly decision: LayeredDecision;
};

/** What was asked for the act, once it no longer waits for that. */
export function closedRequest({ previous, authority, decision }: Decided): BoundaryEvent[] {
  const authority_request_id = previous?.authority_request_id;
  const isBlocked = decision.verdict === 'BLOCK';
  if (authority_request_id === undefined) return [];
  if (authority.kind === 'missing' && !isBlocked) return [];
  const status = isBlocked ? 'denied' : 'granted';
  return [{ type: 'authority.closed', authority_request_id, status }];
}

/** The grant it is under, where it needs one and has it. */
export function grantOf({ authority }: Pick<Decided, 'authority'>): { grantId?: string } {
  return authority.kind === 'held' ? { grantId: authority.use.authority_grant_id } : {};
}
