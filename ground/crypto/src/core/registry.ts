import { decodeBase64, encodeHex, err, ok, type Result } from '@ioi/basis';
import { ed25519Verify, mlDsa44Verify } from '#platform';
import type { CryptoCode, CryptoError } from './codes.ts';
import { type SignatureDomain, signedBytes } from './domain.ts';
import {
  type AlgorithmId,
  keyId,
  type PublicKey,
  type Signature,
  type ThresholdPublicKey,
} from './keys.ts';

type Verified = Result<void, CryptoError>;

/** All verification goes through one of these; what it does not know or has off, it refuses. */
export type VerifierRegistry = {
  verify(
    publicKey: PublicKey,
    domain: SignatureDomain,
    message: Uint8Array,
    signature: Signature,
  ): Verified;
};

type Primitive = {
  readonly keySize: number;
  readonly signatureSize: number;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
};

/** One component of a key with its component of the signature, both as base64. */
type Component = {
  readonly primitive: Primitive;
  readonly key: string;
  readonly signature: string;
};

const ED25519: Primitive = { keySize: 32, signatureSize: 64, verify: ed25519Verify };

const ML_DSA_44: Primitive = { keySize: 1312, signatureSize: 2420, verify: mlDsa44Verify };

/** Algorithm_ID -> verifier (whitepaper 6.5). A hybrid signature holds only with both its parts. */
export function verifierRegistry(
  options: { readonly disabled?: readonly AlgorithmId[] } = {},
): VerifierRegistry {
  const disabled = new Set<string>(options.disabled ?? []);
  return {
    verify(publicKey, domain, message, signature) {
      const components = componentsOf(publicKey, signature);
      if (!components.ok) return components;
      if (disabled.has(publicKey.algorithm)) {
        return refuse('crypto.disabled_algorithm', `${publicKey.algorithm} is disabled here`);
      }
      if (signature.key_id !== keyId(publicKey)) {
        return refuse('crypto.key_mismatch', 'the signature names another key');
      }
      return verifyAll(components.value, signedBytes(domain, message));
    },
  };
}

/**
 * The same registry, which answers again what it answered last: operations of one signed batch
 * follow each other and carry one signature. Only what held is remembered.
 */
export function rememberingLast(registry: VerifierRegistry): VerifierRegistry {
  let last: string | undefined;
  return {
    verify(publicKey, domain, message, signature) {
      const asked = JSON.stringify([publicKey, domain, encodeHex(message), signature]);
      if (asked === last) return ok(undefined);
      const verified = registry.verify(publicKey, domain, message, signature);
      if (verified.ok) last = asked;
      return verified;
    },
  };
}

function componentsOf(
  publicKey: PublicKey,
  signature: Signature,
): Result<readonly Component[], CryptoError> {
  if (!isKnown(publicKey.algorithm) || !isKnown(signature.algorithm)) {
    return refuse('crypto.unknown_algorithm', 'no verifier is registered for this algorithm');
  }
  if (publicKey.algorithm === 'hybrid-ed25519-ml-dsa-44') {
    if (signature.algorithm !== 'hybrid-ed25519-ml-dsa-44') return otherAlgorithm();
    return ok([
      { primitive: ED25519, key: publicKey.ed25519, signature: signature.ed25519 },
      { primitive: ML_DSA_44, key: publicKey.ml_dsa_44, signature: signature.ml_dsa_44 },
    ]);
  }
  if (publicKey.algorithm === 'threshold-ed25519-ml-dsa-44') {
    return groupComponents(publicKey, signature);
  }
  if (signature.algorithm !== publicKey.algorithm) return otherAlgorithm();
  const primitive = publicKey.algorithm === 'ed25519' ? ED25519 : ML_DSA_44;
  return ok([{ primitive, key: publicKey.key, signature: signature.signature }]);
}

/** That of the group, and those of as many members as it takes, none counted twice. */
function groupComponents(
  { threshold, ed25519, ml_dsa_44: members }: ThresholdPublicKey,
  signature: Signature,
): Result<readonly Component[], CryptoError> {
  if (signature.algorithm !== 'threshold-ed25519-ml-dsa-44') return otherAlgorithm();
  const isGroup = threshold >= 2 && threshold <= members.length;
  if (!isGroup || new Set(members).size < members.length) {
    return refuse('crypto.bad_encoding', 'the key is of no group');
  }
  const components = [{ primitive: ED25519, key: ed25519, signature: signature.ed25519 }];
  let last = -1;
  for (const { member, signature: own } of signature.ml_dsa_44) {
    const key = members[member];
    if (member <= last || key === undefined) {
      return refuse('crypto.bad_encoding', 'members sign once each, in their order');
    }
    last = member;
    components.push({ primitive: ML_DSA_44, key, signature: own });
  }
  if (components.length - 1 >= threshold) return ok(components);
  return refuse('crypto.bad_signature', `${components.length - 1} of ${threshold} members signed`);
}

function verifyAll(components: readonly Component[], message: Uint8Array): Verified {
  const decoded: (() => boolean)[] = [];
  for (const { primitive, key, signature } of components) {
    const keyBytes = decodeBase64(key);
    const signatureBytes = decodeBase64(signature);
    if (keyBytes?.length !== primitive.keySize) return badEncoding('key');
    if (signatureBytes?.length !== primitive.signatureSize) return badEncoding('signature');
    decoded.push(() => primitive.verify(keyBytes, message, signatureBytes));
  }
  if (decoded.every((verifyOne) => verifyOne())) return ok(undefined);
  return refuse('crypto.bad_signature', 'the signature does not hold');
}

function isKnown(algorithm: string): algorithm is AlgorithmId {
  return (
    algorithm === 'ed25519' ||
    algorithm === 'ml-dsa-44' ||
    algorithm === 'hybrid-ed25519-ml-dsa-44' ||
    algorithm === 'threshold-ed25519-ml-dsa-44'
  );
}

function otherAlgorithm(): Result<never, CryptoError> {
  return refuse('crypto.key_mismatch', 'key and signature are of different algorithms');
}

function badEncoding(what: string): Verified {
  return refuse('crypto.bad_encoding', `the ${what} is not base64 of the right length`);
}

function refuse(code: CryptoCode, message: string): Result<never, CryptoError> {
  return err({ code, message });
}
