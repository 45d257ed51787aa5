import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { sessionBytes } from '@ioi/law';
import type { SessionLease } from '@ioi/protocol';

/** A session as its owner would issue it. */
export function signedLease(owner: HybridKey, fields: Partial<SessionLease>): SessionLease {
  const lease = {
    session_id: `sha256:${'1'.repeat(64)}` as const,
    subject_id: 'agent://local/dashboard',
    issuer_id: owner.keyId,
    audience: '',
    policy_hash: `sha256:${'2'.repeat(64)}`,
    capability_subset: [],
    projection_scope: ['projection://*/actions'],
    expires_at: '0',
    revocation_epoch: '0',
    ...fields,
  };
  const message = sessionBytes(lease);
  if (!message.ok) throw new Error(message.error.message);
  return { ...lease, signature: signHybrid(owner, 'SIG_DOMAIN_SESSION', message.value) };
}
