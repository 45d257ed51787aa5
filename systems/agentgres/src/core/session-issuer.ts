import { err, ok, type Result } from '@ioi/basis';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import { sessionBytes } from '@ioi/law';
import {
  isSessionIssuer,
  isSessionRevocations,
  type Rejection,
  type SessionIssuer,
  type SessionRevocations,
} from '@ioi/protocol';
import type { LeaseContext } from './session-lease.ts';

/** Of an issuer whose owner said nothing else. */
const STALENESS_MS = 3_600_000;
/** How far a word may come from the future of this node: clocks differ by that much. */
const AHEAD_MS = 300_000n;

/** An issuer pinned here, and the newest word of its guardian that came. */
export type KnownIssuer = {
  readonly issuer: SessionIssuer;
  readonly revocations?: SessionRevocations;
};

/** Whom an owner is about to pin. Rejects with `issuer.invalid`. */
export function readIssuer(given: unknown): Result<SessionIssuer, Rejection> {
  if (!isSessionIssuer(given)) return refuse('issuer.invalid', 'this is no SessionIssuer');
  if (given.issuer_id === keyId(given.owner_key)) return ok(given);
  return refuse('issuer.invalid', 'issuer_id is not the id of owner_key');
}

/**
 * Takes a word about revocation: of this issuer, signed by its guardian, newer than the one
 * before and not from the future. Rejects with `revocations.invalid`, `revocations.older` or
 * `revocations.ahead`.
 */
export function learnRevocations(
  given: unknown,
  { issuer, revocations: known }: KnownIssuer,
  { now, registry }: { readonly now: bigint; readonly registry: VerifierRegistry },
): Result<SessionRevocations, Rejection> {
  if (!isSessionRevocations(given)) return refuse('revocations.invalid', 'its shape');
  const isOfThis = given.issuer_id === issuer.issuer_id && given.node_id === issuer.node_id;
  if (!isOfThis) return refuse('revocations.invalid', 'it is of another issuer');
  const { guardian_key: key } = issuer;
  const message = sessionBytes(given);
  if (!message.ok) return message;
  const signed = registry.verify(key, 'SIG_DOMAIN_SESSION', message.value, given.signature);
  if (!signed.ok) return refuse('revocations.invalid', `signature: ${signed.error.code}`);
  if (BigInt(given.as_of) > now + AHEAD_MS) {
    return refuse('revocations.ahead', 'it is from the future of this node: compare the clocks');
  }
  const isOlder =
    known !== undefined &&
    (BigInt(given.as_of) < BigInt(known.as_of) || BigInt(given.sequence) < BigInt(known.sequence));
  return isOlder ? refuse('revocations.older', 'a newer one is known') : ok(given);
}

/**
 * What an issuer's sessions are held against here. Rejects with `session.revocation_unknown`
 * where its guardian said nothing yet, or nothing since its owner's bound: what may have been
 * revoked is not let in (whitepaper 7.4.1).
 */
export function contextOfIssuer(
  { issuer, revocations }: KnownIssuer,
  domainId: string,
  now: bigint,
): Result<LeaseContext, Rejection> {
  if (!revocations) {
    return refuse('session.revocation_unknown', 'nothing is known here of what was revoked');
  }
  const asOf = BigInt(revocations.as_of);
  const most = BigInt(issuer.max_staleness_ms ?? STALENESS_MS);
  if (now - asOf > most) {
    const message = `what is known of revocation is older than ${most / 1000n} s`;
    return refuse('session.revocation_unknown', message);
  }
  return ok({
    domainId,
    ownerKey: issuer.owner_key,
    chainTime: now > asOf ? now : asOf,
    revocationEpoch: BigInt(revocations.revocation_epoch),
    isRevoked: (id) => revocations.revoked.includes(id),
  });
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
