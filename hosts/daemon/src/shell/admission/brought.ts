import { err, ok, type Result } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  claimOf,
  isProposed,
  isSigned,
  keys,
  logNameOf,
  type PrincipalHead,
  type ProposedOperation,
  principalKey,
  type SealedLog,
} from '@ioi/law';
import type { OperationRequest, Rejection } from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';

/** More than any operation with its payloads. */
export const BROUGHT_BYTES_MAX = 4_000_000;

/**
 * An operation as a replica may bring it: it has the shape of one, and a signature of its own or of
 * its batch. A replica speaks for nobody, so nothing comes through it by the node's own channel.
 * Rejects with `operation.malformed` or `admission.unsigned`.
 */
export function broughtIn(
  request: Partial<OperationRequest> | null,
): Result<ProposedOperation, Rejection> {
  const { operation_id, operation, authenticated_by, preconditions, payload } = request ?? {};
  const more = preconditions === undefined ? {} : { preconditions };
  const proposed = { operation_id, operation, authenticated_by, payload, ...more };
  if (authenticated_by === undefined || !isProposed(proposed)) {
    const message = 'operation_id, operation, payload and authenticated_by make an operation';
    return err({ code: 'operation.malformed', message });
  }
  if (isSigned(proposed) && proposed.authenticated_by.kind !== 'batch_member') return ok(proposed);
  const message = 'a replica takes what carries a signature of its own, or of its batch';
  return err({ code: 'admission.unsigned', message });
}

/**
 * What can be told of it beside the writer, by the log as it is verified here: it is of the batch
 * it names, and a key that the log knows signed it. A key not known here is for the writer to
 * judge, since the log may have gone on. Rejects with `operation.not_authentic`.
 */
export function looksAuthentic(
  proposed: ProposedOperation,
  reader: HeadReader,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  const head = reader.get<SealedLog>(keys.node);
  if (head === undefined) return ok(undefined);
  const claim = claimOf(proposed, logNameOf(head));
  if (!claim.ok) return claim;
  if (claim.value.kind !== 'signed') return ok(undefined);
  const { message, signature } = claim.value;
  const principal = reader.get<PrincipalHead>(principalKey(signature.key_id));
  if (principal === undefined) return ok(undefined);
  const domain = 'SIG_DOMAIN_OPERATION';
  const verified = registry.verify(principal.public_key, domain, message, signature);
  if (verified.ok) return ok(undefined);
  return err({ code: 'operation.not_authentic', message: verified.error.message });
}
