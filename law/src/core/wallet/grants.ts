import { ok, type Result } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type AuthorityGrantEnvelope,
  type DenyGrant,
  type IssueGrant,
  isDenyGrant,
  isIssueGrant,
  isRevokeGrant,
  type Rejection,
  type RevokeGrant,
  type Stamp,
  type View,
} from '@ioi/protocol';
import { type ActionHead, keys, type NodeHead } from '../boundary/heads.ts';
import type { PolicyCache } from '../boundary/policy-cache.ts';
import { chainReceipt } from '../boundary/receipts.ts';
import { wideningIn } from './bounds.ts';
import { notStanding, standingKeys } from './cover.ts';
import type { WalletEvent } from './events.ts';
import { type GrantHead, type HoldingHead, type RequestHead, walletKeys } from './heads.ts';
import { holdRegion, regionNeeds } from './region.ts';
import {
  type Chain,
  chainInForce,
  chainKeys,
  contentId,
  holdSigned,
  reject,
  requireNode,
  signerOn,
  type WalletOperation,
} from './signed.ts';

/** Grants one subject may hold at once. */
const MOST_HELD = 256;

/** What was asked for is given (whitepaper 7.5), by the owner or out of a certificate. */
export function issueGrant(
  registry: VerifierRegistry,
  policies: PolicyCache,
): WalletOperation<IssueGrant> {
  return {
    authors: ['channel'],
    accepts: isIssueGrant,
    reads: ({ grant }, view) => [
      keys.node,
      keys.policy,
      walletKeys.grant(grant.authority_grant_id),
      walletKeys.request(grant.request_id),
      ...chainKeys(grant.certificate_id, view),
      ...heldKeys(grant.subject_id, view),
    ],
    needs: ({ grant }, view) => regionNeeds(grant, outerOf(grant, view), view),
    decide: ({ grant, signature }, { view, evidence, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const chain = chainOf(grant, { node: node.value, view, at });
      if (!chain.ok) return chain;
      const key = chain.value?.heads.at(-1)?.certificate.subject_key ?? node.value.owner_key;
      const said = { node: node.value, operation: 'grant.issue', statement: grant };
      const held = holdSigned(said, key, signature, registry);
      if (!held.ok) return held;
      const broken = brokenGrant(grant, { node: node.value, view, at });
      if (broken) return broken;
      const outer = chain.value?.heads.at(-1)?.certificate;
      const region = holdRegion(grant, outer, { view, evidence, policies });
      if (!region.ok) return region;
      const wider = outer && wideningIn(outer, grant, true);
      if (wider) return reject('grant.wider', `${wider} goes further than its certificate`);
      const holding = stillHeld(grant.subject_id, { node: node.value, view, at });
      if (holding.length >= MOST_HELD) {
        return reject('grant.too_many', `${grant.subject_id} holds ${MOST_HELD} grants already`);
      }
      const path = chain.value?.path ?? [];
      const granted = [...holding, grant.authority_grant_id];
      return ok([{ type: 'grant.issued', grant, path, holding: granted }]);
    },
  };
}

type Known = { readonly node: NodeHead; readonly view: View; readonly at: Stamp };

function outerOf({ certificate_id }: AuthorityGrantEnvelope, view: View) {
  const key = certificate_id === undefined ? undefined : walletKeys.certificate(certificate_id);
  return key && view.get<{ certificate: { region_hash?: string } }>(key)?.certificate;
}

function chainOf(
  { certificate_id }: AuthorityGrantEnvelope,
  { node, view, at }: Known,
): Result<Chain | undefined, Rejection> {
  if (certificate_id === undefined) return ok(undefined);
  const now = { revocationEpoch: node.revocation_epoch, chainTime: at.chainTime };
  return chainInForce(certificate_id, view, now);
}

function brokenGrant(grant: AuthorityGrantEnvelope, { node, view, at }: Known) {
  const { authority_grant_id: id, ...content } = grant;
  if (id !== contentId('grant', content)) {
    return reject('grant.id_mismatch', 'the id does not follow from what the grant says');
  }
  if (view.get(walletKeys.grant(id))) return reject('grant.exists', `${id} was given before`);
  const now = { revocationEpoch: node.revocation_epoch, chainTime: at.chainTime };
  const late = notStanding(grant, now);
  if (late) return reject('grant.void', `${late} does not hold now`);
  const request = view.get<RequestHead>(walletKeys.request(grant.request_id))?.request;
  if (request?.status !== 'requested') {
    return reject('authority.not_asked', `${grant.request_id} waits for no answer`);
  }
  if (request.subject_id !== grant.subject_id || request.issuer_id !== grant.issuer_id) {
    return reject('grant.other_subject', `${request.subject_id} asked ${request.issuer_id}`);
  }
  if (grant.request_hash === undefined) return undefined;
  const isOnce = grant.constraints.max_calls === '1';
  const isIt =
    grant.request_hash === request.request_hash && grant.policy_hash === request.policy_hash;
  return isOnce && isIt ? undefined : notThatAct();
}

function notThatAct() {
  return reject('grant.not_that_act', 'a grant for one act is for the one asked about, once');
}

function heldKeys(subjectId: string, view: View) {
  const key = walletKeys.holding(subjectId);
  const held = view.get<HoldingHead>(key)?.grants ?? [];
  return [key, ...held.map(walletKeys.grant)];
}

/** What ended by itself, by time or by epoch, goes when another is given. */
function stillHeld(subjectId: string, { node, view, at }: Known): readonly string[] {
  const held = view.get<HoldingHead>(walletKeys.holding(subjectId))?.grants ?? [];
  const now = { revocationEpoch: node.revocation_epoch, chainTime: at.chainTime };
  return held.filter((id) => {
    const head = view.get<GrantHead>(walletKeys.grant(id));
    return head !== undefined && notStanding(head.grant, now) === undefined;
  });
}

/** The request ends, and with it the act that waits for it. */
export function denyGrant(registry: VerifierRegistry): WalletOperation<DenyGrant> {
  return {
    authors: ['channel'],
    accepts: isDenyGrant,
    reads: ({ denial }, view) => [
      keys.node,
      keys.lastReceipt,
      walletKeys.request(denial.authority_request_id),
      ...actionKeys(denial.authority_request_id, view),
    ],
    needs: () => [],
    decide: ({ denial, signature }, { view, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'grant.deny', statement: denial };
      const held = holdSigned(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { authority_request_id } = denial;
      const head = view.get<RequestHead>(walletKeys.request(authority_request_id));
      if (head?.request.status !== 'requested') {
        return reject('authority.not_asked', `${authority_request_id} waits for no answer`);
      }
      const closed = { type: 'authority.closed', authority_request_id, status: 'denied' } as const;
      return ok([closed, ...endedAct(head, view, at)]);
    },
  };
}

function actionKeys(id: string, view: View) {
  const hash = view.get<RequestHead>(walletKeys.request(id))?.request.request_hash;
  return hash === undefined ? [] : [keys.action(hash)];
}

function endedAct({ request }: RequestHead, view: View, at: Stamp): WalletEvent[] {
  const { request_hash, authority_request_id } = request;
  if (request_hash === undefined) return [];
  const action = view.get<ActionHead>(keys.action(request_hash));
  const isWaiting = action?.authority_request_id === authority_request_id;
  if (action?.state !== 'pending' || !isWaiting) return [];
  const receipt = chainReceipt(
    {
      type: 'policy',
      actorId: action.agent_id,
      tier: action.isolation_tier,
      body: {
        request_hash,
        ...(action.policy_hash === undefined ? {} : { policy_hash: action.policy_hash }),
        verdict: { kind: 'Block' },
        code: 'authority.denied',
        authority_request_id,
      },
    },
    view,
    at,
  );
  const { contract_hash, attempt, facts_hash } = action;
  return [{ type: 'receipt.emitted', receipt, contract_hash, attempt, facts_hash }];
}

/** Nothing is done under it from the next entry on. */
export function revokeGrant(registry: VerifierRegistry): WalletOperation<RevokeGrant> {
  return {
    authors: ['channel'],
    accepts: isRevokeGrant,
    reads: ({ revocation }, view) => [
      keys.node,
      ...standingKeys(revocation.authority_grant_id, view),
    ],
    needs: () => [],
    decide: ({ revocation, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const { authority_grant_id } = revocation;
      const head = view.get<GrantHead>(walletKeys.grant(authority_grant_id));
      if (!head) return reject('grant.unknown', `no grant ${authority_grant_id}`);
      const key = signerOn(head.path, signature, { node: node.value, view });
      const said = { node: node.value, operation: 'grant.revoke', statement: revocation };
      const held = holdSigned(said, key, signature, registry);
      if (!held.ok) return held;
      if (head.grant.status === 'revoked') {
        return reject('grant.revoked', `${authority_grant_id} is revoked already`);
      }
      const { subject_id } = head.grant;
      return ok([{ type: 'grant.revoked', authority_grant_id, subject_id }]);
    },
  };
}
