import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, canonicalJson } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import { type ClusterRoster, isClusterRoster, type Rejection } from '@ioi/protocol';
import type { NodeHead } from '../boundary/heads.ts';

/** Whose roster it must be, and the highest number of one that was seen. */
export type Rostered = Pick<NodeHead, 'node_id' | 'owner_key'> & { readonly seen?: string };

/** What the owner signs: it cannot be taken for anything else, nor for another node. */
export function rosterMessage(
  roster: Omit<ClusterRoster, 'owner_signature'>,
): Result<Uint8Array, Rejection> {
  return canonicalBytes({ type: 'ClusterRoster', ...roster });
}

/**
 * Checks a roster, wherever it was read: it is of this node, its owner signed it, and no later one
 * was seen. Rejects with a code of `roster.`.
 */
export function holdRoster(
  value: unknown,
  { node_id, owner_key, seen = '0' }: Rostered,
  registry: VerifierRegistry,
): Result<ClusterRoster, Rejection> {
  if (!isClusterRoster(value)) return reject('roster.malformed', 'it is no ClusterRoster');
  const { owner_signature, ...roster } = value;
  if (roster.node_id !== node_id) {
    return reject('roster.other_node', `the roster is of ${roster.node_id}`);
  }
  if (BigInt(roster.number) < BigInt(seen)) {
    return reject('roster.superseded', `roster ${seen} was seen already`);
  }
  const message = rosterMessage(roster);
  if (!message.ok) return message;
  const domain = 'SIG_DOMAIN_OPERATION';
  const verified = registry.verify(owner_key, domain, message.value, owner_signature);
  if (verified.ok) return ok(value);
  return reject('roster.not_signed', `the owner's signature: ${verified.error.message}`);
}

/** Whether two of the owner's statements say the same, whenever each was signed. */
export function saysTheSame<T extends { readonly owner_signature: unknown }>(
  one: T,
  other: T,
): boolean {
  const [first, second] = [one, other].map((each) => {
    return canonicalJson({ ...each, owner_signature: '' });
  });
  return first?.ok === true && second?.ok === true && first.value === second.value;
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
