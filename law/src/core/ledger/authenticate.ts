import { decodeHex, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import type { PublicKey, Signature, VerifierRegistry } from '@ioi/crypto';
import { leafHash, verifyInclusion } from '@ioi/merkle';
import type { Author, HeadKey, LogEntry, Rejection, View } from '@ioi/protocol';
import type { ProposedOperation } from './entry.ts';

/** A key that may speak in a domain, and which operations it may speak. */
export type PrincipalHead = {
  readonly public_key: PublicKey;
  /** Names of operations, or all of a module as `objects/*`. */
  readonly operations: readonly string[];
};

export const principalKey = (keyId: string): HeadKey => ({ headClass: 'principal', id: keyId });

/** The log a key speaks to: a domain of one node, by the origin line its genesis has. */
export type LogName = {
  readonly domain_id: string;
  /** Follows from node_id and domain, and is the same in every epoch. */
  readonly origin: string;
};

/** Tells who an operation comes from, or why nobody can be held to it. */
export type Authenticate = (proposed: ProposedOperation, view: View) => Result<Author, Rejection>;

/**
 * Checks the signature an operation carries, its own or its batch's, by a key the domain knows
 * (whitepaper 3.1). That the channel and the guardian are who they say is seen to by whoever
 * takes their bytes.
 */
export function authenticator(
  log: LogName,
  registry: VerifierRegistry,
  ahead?: VerifiedAhead,
): Authenticate {
  return (proposed, view) => {
    const claim = ahead?.claimOf(proposed) ?? claimOf(proposed, log);
    if (!claim.ok) return claim;
    if (claim.value.kind !== 'signed') return ok(claim.value);
    const { message, signature } = claim.value;
    const principal = view.get<PrincipalHead>(principalKey(signature.key_id));
    if (!principal) return refuse(`${signature.key_id} is no key of this domain`);
    if (!maySpeak(principal, proposed.operation)) {
      return refuse(`${signature.key_id} may not speak ${proposed.operation}`);
    }
    if (ahead?.isHeld(proposed, principal.public_key) !== true) {
      const domain = 'SIG_DOMAIN_OPERATION';
      const verified = registry.verify(principal.public_key, domain, message, signature);
      if (!verified.ok) return refuse(verified.error.message);
    }
    return ok({ kind: 'key', keyId: signature.key_id as `sha256:${string}` });
  };
}

/** What was found out about operations before they are decided on: these very ones, by identity. */
export type VerifiedAhead = {
  claimOf(proposed: ProposedOperation): Result<Claim, Rejection> | undefined;
  /** Whether what it claims is signed by this key; a no is not believed. */
  isHeld(proposed: ProposedOperation, publicKey: PublicKey): boolean;
};

/** What stands behind an operation: a channel, or a signature over exactly these bytes. */
export type Claim =
  | { readonly kind: 'channel' }
  | { readonly kind: 'guardian' }
  | { readonly kind: 'signed'; readonly message: Uint8Array; readonly signature: Signature };

/** Rejects with `operation.not_authentic` when an operation is not of the batch it names. */
export function claimOf(proposed: ProposedOperation, log: LogName): Result<Claim, Rejection> {
  const by = proposed.authenticated_by;
  switch (by.kind) {
    case 'channel':
    case 'guardian':
      return ok({ kind: by.kind });
    case 'signature':
      return signed(operationMessage(proposed, log), by.signature);
    case 'batch': {
      const strange = notOfBatch(proposed, by, log);
      if (strange !== undefined) return refuse(strange);
      return signed(batchMessage(by, log), by.signature);
    }
    default:
      return refuse('nothing known vouches for it');
  }
}

/**
 * What a key signs for one operation: nothing of it can be used again, in another domain, or in
 * the domain that another node keeps under the same name.
 */
export function operationMessage(
  { operation_id, operation, payload, preconditions }: ProposedOperation,
  { domain_id, origin }: LogName,
): Result<Uint8Array, Rejection> {
  const more = preconditions === undefined ? {} : { preconditions };
  return bytesOf({ domain_id, origin, operation_id, operation, payload, ...more });
}

/** What a key signs for a batch: the RFC 6962 root over the messages of its operations. */
export function batchMessage(
  { root, size }: { readonly root: string; readonly size: number },
  { domain_id, origin }: LogName,
): Result<Uint8Array, Rejection> {
  return bytesOf({ domain_id, origin, root, size });
}

type Batch = Extract<LogEntry['authenticated_by'], { kind: 'batch' }>;

function notOfBatch(
  proposed: ProposedOperation,
  { root, size, index, path }: Batch,
  log: LogName,
): string | undefined {
  const message = operationMessage(proposed, log);
  if (!message.ok) return message.error.message;
  const hashes = path.map(hashIn);
  const included = verifyInclusion({
    leafHash: leafHash(message.value),
    index,
    size,
    root: hashIn(root),
    proof: hashes,
  });
  return included.ok ? undefined : `not in the batch: ${included.error.message}`;
}

function hashIn(digest: string): Uint8Array {
  return decodeHex(digest.slice('sha256:'.length)) ?? new Uint8Array();
}

function signed(message: Result<Uint8Array, Rejection>, signature: Signature) {
  if (!message.ok) return message;
  return ok({ kind: 'signed' as const, message: message.value, signature });
}

function maySpeak({ operations }: PrincipalHead, operation: string): boolean {
  const module = operation.slice(0, operation.indexOf('/'));
  return operations.includes(operation) || operations.includes(`${module}/*`);
}

function bytesOf(value: object): Result<Uint8Array, Rejection> {
  const bytes = canonicalBytes(value);
  return bytes.ok ? bytes : refuse(bytes.error.message);
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'operation.not_authentic', message });
}
