import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import { didOf, isOwnerIdentity, type OwnerIdentity, type Rejection } from '@ioi/protocol';

/** What the owner signs of an identity. */
export function identityMessage(
  identity: Omit<OwnerIdentity, 'signature'>,
): Result<Uint8Array, Rejection> {
  return canonicalBytes(identity);
}

/**
 * An identity whose name follows from its key, signed with that key. Whoever seals something to it
 * asks besides that the key is the owner's they mean. Rejects with a code of `identity.`.
 */
export function holdIdentity(
  value: unknown,
  registry: VerifierRegistry,
): Result<OwnerIdentity, Rejection> {
  if (!isOwnerIdentity(value)) return reject('identity.malformed', 'it is no OwnerIdentity');
  const { signature, ...signed } = value;
  if (signed.did !== didOf(signed.owner_key)) {
    return reject('identity.other_key', 'the DID does not follow from the key');
  }
  const message = identityMessage(signed);
  if (!message.ok) return message;
  const domain = 'SIG_DOMAIN_MANIFEST';
  const verified = registry.verify(signed.owner_key, domain, message.value, signature);
  return verified.ok ? ok(value) : reject('identity.not_signed', verified.error.message);
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
