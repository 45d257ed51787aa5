import { ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  type IssueSessionLease,
  isIssueSessionLease,
  isRevokeSessionLeases,
  type Rejection,
  type RevokeSessionLeases,
  type View,
} from '@ioi/protocol';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import {
  type GovernanceOperation,
  holdSignature,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import { governanceKeys, type LeaseHead, type RevokedLeasesHead } from './heads.ts';

/** The longest a portable session lasts, in milliseconds of Chain Time. */
const SESSION_MOST_MS = 90n * 86_400_000n;
/** Revoked and not yet over at one time. */
const REVOKED_MOST = 4096;

/**
 * Canonical bytes that are signed under SIG_DOMAIN_SESSION, of a session or of a word about
 * revocation: all of it but the signature. Rejects with `session.invalid`.
 */
export function sessionBytes(signed: object): Result<Uint8Array, Rejection> {
  const { signature: _, ...fields } = signed as { readonly signature?: unknown };
  const bytes = canonicalBytes(fields);
  return bytes.ok ? bytes : reject('session.invalid', 'it has no canonical form');
}

/** The owner lets a session exist (whitepaper 7.4.1). */
export function issueSession(registry: VerifierRegistry): GovernanceOperation<IssueSessionLease> {
  return {
    authors: SPEAKERS,
    accepts: isIssueSessionLease,
    reads: ({ session }) => [keys.node, keys.policy, governanceKeys.lease(session.session_id)],
    needs: () => [],
    decide: ({ session, signature }, { view, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'session_lease.issue', statement: session };
      const held = holdSignature(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      if (view.get(governanceKeys.lease(session.session_id))) {
        return reject('session.exists', 'a session of this id was issued before');
      }
      const ends = BigInt(session.expires_at);
      if (ends <= at.chainTime || ends > at.chainTime + SESSION_MOST_MS) {
        return reject('session.too_long', 'it must end in the future, within 90 days');
      }
      const wrong = disagreement(session, node.value, view);
      if (wrong !== undefined) return reject('session.moved', `${wrong} is not what it is now`);
      return ok([{ type: 'session_lease.issued', session }]);
    },
  };
}

type Fields = IssueSessionLease['session'];
type Node = Parameters<typeof keyId>[0];

function disagreement(
  { issuer_id, revocation_epoch, policy_hash }: Fields,
  node: { readonly owner_key: Node; readonly revocation_epoch: string },
  view: View,
): string | undefined {
  if (issuer_id !== keyId(node.owner_key)) return 'issuer_id';
  if (revocation_epoch !== node.revocation_epoch) return 'revocation_epoch';
  const active = view.get<PolicyHead>(keys.policy)?.policy_hash;
  return policy_hash === active ? undefined : 'policy_hash';
}

/** The owner ends sessions: here from this seal on, elsewhere once it is told there. */
export function revokeSessions(
  registry: VerifierRegistry,
): GovernanceOperation<RevokeSessionLeases> {
  return {
    authors: SPEAKERS,
    accepts: isRevokeSessionLeases,
    reads: ({ revocation: { session_ids } }) => [
      keys.node,
      governanceKeys.revokedLeases,
      ...session_ids.map(governanceKeys.lease),
    ],
    needs: () => [],
    decide: ({ revocation, signature }, { view, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'session_lease.revoke', statement: revocation };
      const held = holdSignature(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { sequence } = revocation;
      if (sequence !== nextRevocation(view)) {
        return reject('session.moved', 'other sessions were revoked since');
      }
      const ended: { session_id: Digest; expires_at: string }[] = [];
      for (const id of new Set(revocation.session_ids)) {
        const lease = view.get<LeaseHead>(governanceKeys.lease(id));
        if (!lease) return reject('session.unknown', `no session ${id} was issued here`);
        if (isRevoked(view, id)) return reject('session.revoked', `${id} is revoked already`);
        ended.push({ session_id: id as Digest, expires_at: lease.expires_at });
      }
      const standing = standingRevocations(view, at.chainTime).length + ended.length;
      if (standing > REVOKED_MOST) return reject('session.too_many', 'too many are revoked');
      return ok(ended.map((each) => ({ type: 'session_lease.revoked', ...each, sequence })));
    },
  };
}

/** Number of the next revocation. */
export function nextRevocation(view: View): string {
  return String(BigInt(revokedIn(view).sequence) + 1n);
}

/** Whether the heads of a node's own log say that a session was revoked. */
export function isRevoked(view: View, sessionId: string): boolean {
  return revokedIn(view).revoked.some(({ session_id }) => session_id === sessionId);
}

/** Revoked sessions that would still hold otherwise. */
export function standingRevocations(view: View, chainTime: bigint): RevokedLeasesHead['revoked'] {
  return revokedIn(view).revoked.filter(({ expires_at }) => BigInt(expires_at) > chainTime);
}

export function revokedIn(view: View): RevokedLeasesHead {
  return (
    view.get<RevokedLeasesHead>(governanceKeys.revokedLeases) ?? { sequence: '0', revoked: [] }
  );
}
