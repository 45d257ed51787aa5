import { decodeBase64, err, ok, type Result } from '@ioi/basis';
import { ed25519Verify, mlDsa44Verify, p256Verify, rsaVerify } from '#platform';
import type { CryptoError } from './codes.ts';

/** What authenticators sign with; their bytes are WebAuthn's, so no domain of ours is in them. */
export type AuthenticatorKey = {
  readonly algorithm: 'es256' | 'ed25519' | 'ml-dsa-44';
  /** Base64: a P-256 point of 65 bytes, or the raw key. */
  readonly key: string;
};

/** And what providers of identities sign with; of `rs256` the key is the modulus. */
export type ProviderKey = {
  readonly algorithm: 'es256' | 'ed25519' | 'rs256';
  readonly key: string;
};

type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

const VERIFIERS: Readonly<Record<string, Verify>> = {
  es256: p256Verify,
  ed25519: ed25519Verify,
  'ml-dsa-44': mlDsa44Verify,
  rs256: rsaVerify,
};

/** Verifies a signature (base64) as others make them; ES256 as 64 bytes with the lower `s`. */
export function verifyAuthenticator(
  { algorithm, key }: AuthenticatorKey | ProviderKey,
  message: Uint8Array,
  signature: string,
): Result<void, CryptoError> {
  const verify = Object.hasOwn(VERIFIERS, algorithm) ? VERIFIERS[algorithm] : undefined;
  if (verify === undefined) {
    const code = 'crypto.unknown_algorithm';
    return err({ code, message: 'no verifier is registered for this algorithm' });
  }
  const keyBytes = decodeBase64(key);
  const signatureBytes = decodeBase64(signature);
  if (keyBytes === undefined || signatureBytes === undefined) {
    return err({ code: 'crypto.bad_encoding', message: 'key or signature is not base64' });
  }
  if (verify(keyBytes, message, signatureBytes)) return ok(undefined);
  return err({ code: 'crypto.bad_signature', message: 'the signature does not hold' });
}
