import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';

export type AlgorithmId = 'ed25519' | 'ml-dsa-44' | 'hybrid-ed25519-ml-dsa-44';

/** Keys and signatures are base64 (RFC 4648 section 4, padded). */
export type SinglePublicKey = {
  readonly algorithm: 'ed25519' | 'ml-dsa-44';
  readonly key: string;
};

export type HybridPublicKey = {
  readonly algorithm: 'hybrid-ed25519-ml-dsa-44';
  readonly ed25519: string;
  readonly ml_dsa_44: string;
};

export type PublicKey = SinglePublicKey | HybridPublicKey;

export type SingleSignature = {
  readonly algorithm: 'ed25519' | 'ml-dsa-44';
  readonly key_id: string;
  readonly signature: string;
};

/** Two signatures over the same bytes: neither alone is one. */
export type HybridSignature = {
  readonly algorithm: 'hybrid-ed25519-ml-dsa-44';
  readonly key_id: string;
  readonly ed25519: string;
  readonly ml_dsa_44: string;
};

export type Signature = SingleSignature | HybridSignature;

/** The name of a key: the digest of its artifact. */
export function keyId(publicKey: PublicKey): Digest {
  const digest = digestOf(publicKey);
  assert(digest.ok, 'a public key has a canonical form');
  return digest.value;
}
