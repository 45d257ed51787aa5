import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type { ApprovalToken, LogEntry } from '@ioi/protocol';
import {
  type GuardianNotice,
  ownerSignatureOf,
  type Payloads,
  type Refusal,
} from '../core/index.ts';
import type { Guardian } from './guardian.ts';

export type Delivering = {
  readonly guardian: Guardian;
  readonly notify: (notice: GuardianNotice) => void;
  /** How long the daemon has to bring what the owner signed to the log. */
  readonly deliveryMs: number;
};

export type SignedOperation = {
  readonly kind: 'activation' | 'statement';
  readonly operation: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Texts the log needs to decide it, by digest. */
  readonly payloads: Payloads;
};

/**
 * Gives the daemon what the owner signed; resolves with its sealed entry. What is not sealed in
 * time, or refused, is withdrawn: it takes no effect behind the owner's back.
 */
export async function handOver(
  { kind, operation, payload, payloads }: SignedOperation,
  { guardian, notify, deliveryMs }: Delivering,
): Promise<Result<LogEntry, Refusal>> {
  const proposed = {
    operation_id: `op_${randomBytes(16).toString('hex')}`,
    operation,
    authenticated_by: { kind: 'channel' } as const,
    payload,
  };
  const watched = guardian.watch(proposed, deliveryMs);
  if (!watched.ok) return watched;
  notify({ kind, operation: proposed, payloads });
  const ended = await watched.value;
  const signature = ownerSignatureOf(proposed);
  if ('entry' in ended && ownerSignatureOf(ended.entry) === signature) return ok(ended.entry);
  guardian.withdraw(proposed);
  if ('refusal' in ended) return err(ended.refusal);
  return err({ code: 'daemon.misled', message: 'the daemon sealed something else instead' });
}

export function signToken(draft: Omit<ApprovalToken, 'user_sig'>, key: HybridKey): ApprovalToken {
  return { ...draft, user_sig: signHybrid(key, 'SIG_DOMAIN_APPROVAL', bytesOf(draft)) };
}

export function bytesOf(value: object): Uint8Array {
  const bytes = canonicalBytes(value);
  if (!bytes.ok) throw new Error(bytes.error.message);
  return bytes.value;
}
