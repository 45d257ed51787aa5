import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isSmallOrder } from '../core/small-order.ts';

type Algorithm = 'ed25519' | 'ml-dsa-44';

const ED25519_KEY_SIZE = 32;
const ED25519_SIGNATURE_SIZE = 64;
const ML_DSA_44_KEY_SIZE = 1312;
const ML_DSA_44_SIGNATURE_SIZE = 2420;
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

// OpenSSL refuses some malformed keys by throwing; the length was right, so it is the key.
function importKey(algorithm: Algorithm, bytes: Uint8Array): KeyObject | undefined {
  try {
    const key = Buffer.from(bytes);
    return createPublicKey({ key, format: 'raw-public', asymmetricKeyType: algorithm });
  } catch {
    return undefined;
  }
}
