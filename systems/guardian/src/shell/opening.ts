import { generateHybridKey, type HybridKey } from '@ioi/crypto/shell';
import { LONGEST_SESSION_MS } from '@ioi/law';
import type { ApproverSession } from '@ioi/protocol';
import type { Guardian } from './guardian.ts';

/** A session that waits for somebody to open it by signing exactly this. */
export type Opening = {
  readonly unsigned: Omit<ApproverSession, 'opened_by'>;
  readonly key: HybridKey;
};

/** With a key of its own, which never leaves this process; undefined without a genesis. */
export function newOpening(guardian: Guardian): Opening | undefined {
  const approving = guardian.approving();
  if (approving === undefined) return undefined;
  const key = generateHybridKey();
  const { chainTime, node, guardianKeyId: audience, nonce } = approving;
  const unsigned = {
    artifact: 'ApproverSession' as const,
    audience,
    session_key: { algorithm: 'ed25519' as const, key: key.publicKey.ed25519 },
    nonce: String(nonce),
    opened: String(chainTime),
    expires: String(chainTime + LONGEST_SESSION_MS),
    revocation_epoch: node.revocation_epoch,
  };
  return { unsigned, key };
}
