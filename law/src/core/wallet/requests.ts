import { ok } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  type AuthorityScopeRequestEnvelope,
  isRequestScopes,
  type RequestScopes,
  type View,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { unscaleAmount } from '../policy/money.ts';
import type { ScopedAct } from './cover.ts';
import { type CertifiedHead, walletKeys } from './heads.ts';
import {
  chainInForce,
  chainKeys,
  ownerIssuerOf,
  reject,
  requireNode,
  type WalletOperation,
} from './signed.ts';

/** An agent asks ahead of any act, through the node or with the key of its certificate. */
export const requestScopes: WalletOperation<RequestScopes> = {
  authors: ['channel', 'key'],
  accepts: isRequestScopes,
  reads: ({ request }, view) => [
    keys.node,
    walletKeys.request(request.authority_request_id),
    ...subjectKeys(request.subject_id, view),
  ],
  needs: () => [],
  decide: ({ request }, { view, at, author }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    if (author.kind === 'key') {
      const certified = certificateOf(author.keyId, request.subject_id, view);
      if (certified === undefined) {
        return reject('certificate.unknown', 'the key is not certified for this subject');
      }
      const now = { revocationEpoch: node.value.revocation_epoch, chainTime: at.chainTime };
      const chain = chainInForce(certified, view, now);
      if (!chain.ok) return chain;
    }
    if (view.get(walletKeys.request(request.authority_request_id))) {
      return reject('authority.asked', 'this was asked for before');
    }
    const isAhead = request.request_hash === undefined && request.authority_grant_id === undefined;
    if (request.status !== 'requested' || !isAhead) {
      return reject('authority.not_ahead', 'what an act lacks is asked for by the log itself');
    }
    if (request.issuer_id !== ownerIssuerOf(node.value.node_id)) {
      return reject('authority.other_issuer', 'it is not the owner of this node that is asked');
    }
    if (BigInt(request.resource_scope.constraints.expiry) <= at.chainTime) {
      return reject('authority.past', 'it is asked for until a time that has passed');
    }
    return ok([{ type: 'authority.requested', request }]);
  },
};

function subjectKeys(subjectId: string, view: View) {
  const key = walletKeys.certified(subjectId);
  const ids = Object.values(view.get<CertifiedHead>(key)?.certificates ?? {});
  return [key, ...ids.flatMap((id) => chainKeys(id, view))];
}

function certificateOf(keyId: string, subjectId: string, view: View): string | undefined {
  const head = view.get<CertifiedHead>(walletKeys.certified(subjectId));
  const isCertified = head !== undefined && Object.hasOwn(head.certificates, keyId);
  return isCertified ? head.certificates[keyId] : undefined;
}

type Asking = {
  readonly nodeId: string;
  /** Chain Time until which the power is wanted. */
  readonly expiry: bigint;
};

/** What is asked for where an act lacks authority: exactly what it takes. One request per act. */
export function requestFor(
  act: ScopedAct,
  { nodeId, expiry }: Asking,
): AuthorityScopeRequestEnvelope {
  const { spend = 0n, policyHash } = act;
  const budget = spend === 0n ? {} : { max_budget_usd: unscaleAmount(spend) };
  return {
    authority_request_id: requestIdOf(act.requestHash),
    subject_id: act.subjectId,
    issuer_id: ownerIssuerOf(nodeId),
    primitive_capabilities_required: [...act.primitives],
    authority_scopes_requested: [...act.scopes],
    resource_scope: {
      resources: [...act.resources],
      constraints: { ...budget, expiry: String(expiry) },
    },
    approval_required_for: [],
    ...(policyHash === undefined ? {} : { policy_hash: policyHash }),
    request_hash: act.requestHash,
    status: 'requested',
  };
}

export function requestIdOf(requestHash: Digest): string {
  return `authreq_${requestHash.slice('sha256:'.length, 'sha256:'.length + 32)}`;
}
