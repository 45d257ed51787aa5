import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import type { ChangeEpoch, HybridPublicKey, Rejection, SuccessionGrant } from '@ioi/protocol';
import type { NodeHead } from '../boundary/heads.ts';

/** Whose log it is, and the highest number of a grant that was used in it. */
export type GrantedLog = Pick<NodeHead, 'node_id' | 'owner_key' | 'succession'>;

/** What the owner signs: it cannot be taken for anything else, nor for another node. */
export function grantMessage(
  grant: Omit<SuccessionGrant, 'owner_signature'>,
): Result<Uint8Array, Rejection> {
  return canonicalBytes({ type: 'SuccessionGrant', ...grant });
}

/**
 * Checks a grant: it is of this node, its owner signed it, and no later one was used. Rejects with
 * a code of `succession.`.
 */
export function holdGrant(
  { owner_signature, ...grant }: SuccessionGrant,
  { node_id, owner_key, succession = '0' }: GrantedLog,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  if (grant.node_id !== node_id) {
    return reject('succession.other_node', `the grant is of ${grant.node_id}`);
  }
  if (BigInt(grant.number) < BigInt(succession)) {
    return reject('succession.superseded', `grant ${succession} was used already`);
  }
  const message = grantMessage(grant);
  if (!message.ok) return message;
  const domain = 'SIG_DOMAIN_OPERATION';
  const verified = registry.verify(owner_key, domain, message.value, owner_signature);
  if (verified.ok) return ok(undefined);
  return reject('succession.not_granted', `the owner's signature: ${verified.error.message}`);
}

/** Whose signature makes a change hold: the owner's, or that of a successor whom it named. */
export function signerOf(
  { reason, succession, owner_signature: { key_id } }: ChangeEpoch,
  log: GrantedLog,
  registry: VerifierRegistry,
): Result<HybridPublicKey, Rejection> {
  if ((reason === 'succession') !== (succession !== undefined)) {
    return reject('succession.missing', 'a succession comes with its grant, and nothing else does');
  }
  if (succession === undefined) return ok(log.owner_key);
  const held = holdGrant(succession, log, registry);
  if (!held.ok) return held;
  const found = succession.successors.find(({ public_key: key }) => keyId(key) === key_id);
  return found ? ok(found.public_key) : reject('succession.not_named', 'the grant names others');
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
