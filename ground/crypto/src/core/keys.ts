import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';

export type AlgorithmId =
  | 'ed25519'
  | 'ml-dsa-44'
  | 'hybrid-ed25519-ml-dsa-44'
  | 'threshold-ed25519-ml-dsa-44';

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

/**
 * Of a group: one Ed25519 key whose secret nobody has whole (RFC 9591), and an ML-DSA-44 key of
 * each member. It takes `threshold` members to sign with either.
 */
export type ThresholdPublicKey = {
  readonly algorithm: 'threshold-ed25519-ml-dsa-44';
  readonly threshold: number;
  readonly ed25519: string;
  readonly ml_dsa_44: readonly string[];
};

export type PublicKey = SinglePublicKey | HybridPublicKey | ThresholdPublicKey;

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

/** One signature of the group, and those of members by their place in its key, from 0, rising. */
export type ThresholdSignature = {
  readonly algorithm: 'threshold-ed25519-ml-dsa-44';
  readonly key_id: string;
  readonly ed25519: string;
  readonly ml_dsa_44: readonly { readonly member: number; readonly signature: string }[];
};

export type Signature = SingleSignature | HybridSignature | ThresholdSignature;

/** The name of a key: the digest of its artifact. */
export function keyId(publicKey: PublicKey): Digest {
  const digest = digestOf(publicKey);
  assert(digest.ok, 'a public key has a canonical form');
  return digest.value;
}
