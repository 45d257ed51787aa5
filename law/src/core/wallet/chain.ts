import { BoundedMap, err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import type { HybridPublicKey, IssueCertificate, Rejection } from '@ioi/protocol';
import type { Place } from '../governance/authority.ts';
import { hashOf } from '../governance/names.ts';
import { wideningIn } from './bounds.ts';
import { MOST_LINKS } from './certificates.ts';
import { notStanding } from './cover.ts';
import { contentId, holdSigned } from './signed.ts';

/** Beginnings of chains that were verified, by digest; bounded, and of one node and owner. */
export type PrefixCache = { has(digest: Digest): boolean; add(digest: Digest): void };

export function prefixCache(limit = 10_000): PrefixCache {
  const held = new BoundedMap<Digest, true>(limit);
  return { has: (digest) => held.get(digest) === true, add: (digest) => held.set(digest, true) };
}

export type Verifying = {
  readonly node: Place;
  readonly ownerKey: HybridPublicKey;
  readonly registry: VerifierRegistry;
  readonly cache: PrefixCache;
  readonly revocationEpoch: string;
  readonly chainTime: bigint;
  /** Which were revoked, as far as whoever verifies knows. */
  readonly isRevoked: (certificateId: string) => boolean;
};

/**
 * Verifies a chain from the owner's certificate to the last one (whitepaper 7.3.4): signatures,
 * ids, each link a narrowing, none ended. What was verified of a chain that begins alike is not
 * verified again; time, epoch and revocation are looked at every time. A region other than that of
 * the certificate above it cannot be told to lie inside without its text, and is refused.
 */
export function verifyChain(
  chain: readonly IssueCertificate[],
  verifying: Verifying,
): Result<void, Rejection> {
  if (chain.length === 0 || chain.length > MOST_LINKS) {
    return broken(`a chain has 1 to ${MOST_LINKS} certificates`);
  }
  let prefix = hashOf({ node: placeOf(verifying.node), owner: keyId(verifying.ownerKey) });
  let above: IssueCertificate | undefined;
  for (const link of chain) {
    const { certificate } = link;
    const id = certificate.certificate_id;
    const late = notStanding({ ...certificate, status: 'active' }, verifying);
    if (late) return broken(`${id}: ${late}`);
    if (verifying.isRevoked(id)) return broken(`${id}: revoked`);
    prefix = hashOf([prefix, link]);
    if (!verifying.cache.has(prefix)) {
      const held = holdLink(link, above, verifying);
      if (!held.ok) return held;
      verifying.cache.add(prefix);
    }
    above = link;
  }
  return ok(undefined);
}

function placeOf({ node_id, origin }: Place): Place {
  return { node_id, origin };
}

function holdLink(
  { certificate, signature }: IssueCertificate,
  above: IssueCertificate | undefined,
  { node, ownerKey, registry }: Verifying,
): Result<void, Rejection> {
  const { certificate_id: id, ...content } = certificate;
  const parent = above?.certificate;
  if (id !== contentId('cert', content)) return broken(`${id}: certificate_id`);
  if (certificate.parent_id !== parent?.certificate_id) return broken(`${id}: parent_id`);
  const wider = parent && wideningIn(parent, certificate);
  if (wider) return broken(`${id}: ${wider}`);
  const said = { node, operation: 'certificate.issue', statement: certificate };
  const held = holdSigned(said, parent?.subject_key ?? ownerKey, signature, registry);
  return held.ok ? held : broken(`${id}: ${held.error.message}`);
}

function broken(why: string): Result<never, Rejection> {
  return err({ code: 'certificate.chain_broken', message: `the chain does not hold: ${why}` });
}
