import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  type KeyObject,
  verify,
} from 'node:crypto';
import { isLowS } from '../core/low-s.ts';
import { isRsaModulus, isRsaSignature } from '../core/rsa.ts';
import { isSmallOrder } from '../core/small-order.ts';

import type { BoxUnder } from './contract.d.ts';

type Algorithm = 'ed25519' | 'ml-dsa-44';

const ED25519_KEY_SIZE = 32;
const ED25519_SIGNATURE_SIZE = 64;
const ML_DSA_44_KEY_SIZE = 1312;
const ML_DSA_44_SIGNATURE_SIZE = 2420;
const P256_KEY_SIZE = 65;
const P256_SIGNATURE_SIZE = 64;
const MAX_CONTEXT_SIZE = 255;

export function ed25519Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== ED25519_KEY_SIZE) return false;
  if (signature.length !== ED25519_SIGNATURE_SIZE) return false;
  if (isSmallOrder(publicKey) || isSmallOrder(signature)) return false;
  const key = importKey('ed25519', publicKey);
  return key !== undefined && verify(null, message, key, signature);
}

export function mlDsa44Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  context: Uint8Array = new Uint8Array(),
): boolean {
  if (publicKey.length !== ML_DSA_44_KEY_SIZE) return false;
  if (signature.length !== ML_DSA_44_SIGNATURE_SIZE) return false;
  if (context.length > MAX_CONTEXT_SIZE) return false;
  const key = importKey('ml-dsa-44', publicKey);
  return key !== undefined && verify(null, message, { key, context }, signature);
}

export function p256Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== P256_KEY_SIZE || publicKey[0] !== 4) return false;
  if (signature.length !== P256_SIGNATURE_SIZE || !isLowS(signature)) return false;
  const key = importPoint(publicKey);
  return key !== undefined && verify('sha256', message, { key, ...PLAIN_ECDSA }, signature);
}

export function rsaVerify(
  modulus: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isRsaModulus(modulus) || !isRsaSignature(signature, modulus)) return false;
  const n = Buffer.from(modulus).toString('base64url');
  const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
  return verify('sha256', message, key, signature);
}

const CHACHA = 'chacha20-poly1305';
const TAG_SIZE = 16;
const TAGGED = { authTagLength: TAG_SIZE };

export function chachaSeal(under: BoxUnder, plaintext: Uint8Array): Uint8Array {
  const { key, nonce, associatedData } = under;
  const cipher = createCipheriv(CHACHA, key, nonce, TAGGED);
  cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
  const sealed = new Uint8Array(plaintext.length + TAG_SIZE);
  sealed.set(cipher.update(plaintext));
  // A stream cipher holds nothing back.
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

export function chachaOpen(under: BoxUnder, sealed: Uint8Array): Uint8Array | undefined {
  const size = sealed.length - TAG_SIZE;
  if (size < 0) return undefined;
  const { key, nonce, associatedData } = under;
  const cipher = createDecipheriv(CHACHA, key, nonce, TAGGED);
  cipher.setAAD(associatedData, { plaintextLength: size });
  cipher.setAuthTag(sealed.subarray(size));
  const opened = new Uint8Array(cipher.update(sealed.subarray(0, size)));
  // It throws where the tag is another.
  try {
    cipher.final();
    return opened;
  } catch {
    return undefined;
  }
}

const PLAIN_ECDSA = { dsaEncoding: 'ieee-p1363' } as const;

// OpenSSL refuses what is no point of the curve by throwing.
function importPoint(bytes: Uint8Array): KeyObject | undefined {
  try {
    const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((each) =>
      Buffer.from(each).toString('base64url'),
    );
    const key = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' };
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

// OpenSSL refuses some malformed keys by throwing; the length was right, so it is the key.
function importKey(algorithm: Algorithm, bytes: Uint8Array): KeyObject | undefined {
  try {
    const key = Buffer.from(bytes);
    return createPublicKey({ key, format: 'raw-public', asymmetricKeyType: algorithm });
  } catch {
    return undefined;
  }
}
