import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { keyId, type PublicKey, type VerifierRegistry } from '@ioi/crypto';
import { isSessionLease, type Rejection, type SessionLease } from '@ioi/protocol';

/** What a node knows of its own domain; nothing about any session. */
export type LeaseContext = {
  readonly domainId: string;
  readonly ownerKey: PublicKey;
  readonly chainTime: bigint;
  readonly revocationEpoch: bigint;
};

/**
 * Whitepaper 7.4.1: the lease alone says what its bearer may read, and any node of the domain
 * can tell. Rejects with `session.invalid` naming the field that does not hold.
 */
export function verifySessionLease(
  lease: unknown,
  context: LeaseContext,
  registry: VerifierRegistry,
): Result<SessionLease, Rejection> {
  if (!isSessionLease(lease)) return invalid('its shape');
  const field = brokenField(lease, context);
  if (field !== undefined) return invalid(field);
  const message = leaseMessage(lease);
  if (!message.ok) return message;
  const { ownerKey } = context;
  const verified = registry.verify(ownerKey, 'SIG_DOMAIN_SESSION', message.value, lease.signature);
  return verified.ok ? ok(lease) : invalid(`signature: ${verified.error.code}`);
}

/** Whether a lease that was verified before still holds: time and revocation go on. */
export function stillHolds(lease: SessionLease, context: LeaseContext): boolean {
  return brokenField(lease, context) === undefined;
}

/** The bytes an owner signs. */
export function leaseMessage(
  lease: Omit<SessionLease, 'signature'> & { readonly signature?: unknown },
): Result<Uint8Array, Rejection> {
  const { signature: _, ...signed } = lease;
  const message = canonicalBytes(signed);
  return message.ok ? message : invalid('canonical form');
}

function brokenField(lease: SessionLease, context: LeaseContext): string | undefined {
  if (lease.issuer_id !== keyId(context.ownerKey)) return 'issuer_id';
  if (lease.audience !== context.domainId) return 'audience';
  if (BigInt(lease.expires_at) <= context.chainTime) return 'expires_at';
  if (BigInt(lease.revocation_epoch) < context.revocationEpoch) return 'revocation_epoch';
  return undefined;
}

/** Whether the bearer may read a projection: named in full, or all of an authority as `…/*`. */
export function mayRead({ projection_scope: scope }: SessionLease, projection: string): boolean {
  const authority = projection.slice(0, projection.lastIndexOf('/'));
  return scope.includes(projection) || scope.includes(`${authority}/*`);
}

function invalid(field: string): Result<never, Rejection> {
  return err({ code: 'session.invalid', message: `the session does not hold: ${field}` });
}
