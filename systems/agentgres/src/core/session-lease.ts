import { err, ok, type Result } from '@ioi/basis';
import { keyId, type PublicKey, type VerifierRegistry } from '@ioi/crypto';
import { sessionBytes } from '@ioi/law';
import { isSessionLease, type Rejection, type SessionLease } from '@ioi/protocol';

/** What a node knows of its own domain and of what was revoked; nothing about any session. */
export type LeaseContext = {
  readonly domainId: string;
  /** Whose sessions these are: the owner of this node, or an issuer that was pinned here. */
  readonly ownerKey: PublicKey;
  readonly chainTime: bigint;
  readonly revocationEpoch: bigint;
  readonly isRevoked: (sessionId: string) => boolean;
};

/**
 * Whitepaper 7.4.1: the lease alone says what its bearer may read, and any node of the domain
 * can tell. Rejects with `session.invalid` naming the field that does not hold, or with
 * `session.revoked`.
 */
export function verifySessionLease(
  lease: unknown,
  context: LeaseContext,
  registry: VerifierRegistry,
): Result<SessionLease, Rejection> {
  if (!isSessionLease(lease)) return invalid('its shape');
  const message = sessionBytes(lease);
  if (!message.ok) return message;
  const standing = stillHolds(lease, context);
  if (!standing.ok) return standing;
  const { ownerKey } = context;
  const verified = registry.verify(ownerKey, 'SIG_DOMAIN_SESSION', message.value, lease.signature);
  return verified.ok ? ok(lease) : invalid(`signature: ${verified.error.code}`);
}

/** Whether a lease that was verified before still holds: time and revocation go on. */
export function stillHolds(lease: SessionLease, context: LeaseContext): Result<void, Rejection> {
  const field = brokenField(lease, context);
  if (field !== undefined) return invalid(field);
  if (!context.isRevoked(lease.session_id)) return ok(undefined);
  return err({ code: 'session.revoked', message: 'the session was revoked by its issuer' });
}

function brokenField(lease: SessionLease, context: LeaseContext): string | undefined {
  if (lease.issuer_id !== keyId(context.ownerKey)) return 'issuer_id';
  if (lease.audience !== context.domainId) return 'audience';
  if (BigInt(lease.expires_at) <= context.chainTime) return 'expires_at';
  if (BigInt(lease.revocation_epoch) < context.revocationEpoch) return 'revocation_epoch';
  return undefined;
}

type Scope = Pick<SessionLease, 'projection_scope'>;

/** Whether the bearer may read a projection: named in full, or all of an authority as `…/*`. */
export function mayRead({ projection_scope: scope }: Scope, projection: string): boolean {
  const authority = projection.slice(0, projection.lastIndexOf('/'));
  return scope.includes(projection) || scope.includes(`${authority}/*`);
}

function invalid(field: string): Result<never, Rejection> {
  return err({ code: 'session.invalid', message: `the session does not hold: ${field}` });
}
