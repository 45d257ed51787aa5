import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { isRsaModulus, isRsaSignature } from '../core/rsa.ts';
import { isSmallOrder } from '../core/small-order.ts';
import type { BoxUnder } from './contract.d.ts';

const ED25519_KEY_SIZE = 32;
const ED25519_SIGNATURE_SIZE = 64;
const ML_DSA_44_KEY_SIZE = 1312;
const ML_DSA_44_SIGNATURE_SIZE = 2420;
const P256_KEY_SIZE = 65;
const P256_SIGNATURE_SIZE = 64;
const MAX_CONTEXT_SIZE = 255;

/**
 * Written out from curve points because the library checks the cofactored equation, which takes
 * some signatures that OpenSSL refuses; a receipt must not hold in one place and fail in another.
 */
export function ed25519Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== ED25519_KEY_SIZE) return false;
  if (signature.length !== ED25519_SIGNATURE_SIZE) return false;
  if (isSmallOrder(publicKey) || isSmallOrder(signature)) return false;
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  const commitment = signature.subarray(0, 32);
  const response = littleEndian(signature.subarray(32));
  if (response >= order) return false;
  const key = decodePoint(publicKey);
  if (key === undefined) return false;
  const challenge = littleEndian(sha512(join([commitment, publicKey, message]))) % order;
  const expected = multiply(Point.BASE, response).subtract(multiply(key, challenge));
  return sameBytes(expected.toBytes(), commitment);
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
  return ml_dsa44.verify(signature, message, publicKey, { context });
}

export function p256Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== P256_KEY_SIZE || publicKey[0] !== 4) return false;
  if (signature.length !== P256_SIGNATURE_SIZE) return false;
  // The library throws on bytes that are no point.
  try {
    return p256.verify(signature, message, publicKey, { lowS: true });
  } catch {
    return false;
  }
}

export function rsaVerify(
  modulus: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isRsaModulus(modulus) || !isRsaSignature(signature, modulus)) return false;
  const [order, given] = [bigEndian(modulus), bigEndian(signature)];
  let power = given;
  for (let count = 0; count < 16; count += 1) power = (power * power) % order;
  return (power * given) % order === bigEndian(padded(sha256(message), modulus.length));
}

export function chachaSeal(under: BoxUnder, plaintext: Uint8Array): Uint8Array {
  return chacha20poly1305(under.key, under.nonce, under.associatedData).encrypt(plaintext);
}

export function chachaOpen(under: BoxUnder, sealed: Uint8Array): Uint8Array | undefined {
  // The library throws where the tag is another.
  try {
    return chacha20poly1305(under.key, under.nonce, under.associatedData).decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** The DigestInfo of SHA-256 (RFC 8017 9.2). */
const SHA256_INFO = Uint8Array.of(
  ...[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01],
  ...[0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20],
);

function padded(digest: Uint8Array, length: number): Uint8Array {
  const info = join([SHA256_INFO, digest]);
  const filling = new Uint8Array(length - info.length - 3).fill(0xff);
  return join([Uint8Array.of(0, 1), filling, Uint8Array.of(0), info]);
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

type Point = InstanceType<typeof ed25519.Point>;

// The library throws on bytes that are no point.
function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return ed25519.Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

function multiply(point: Point, factor: bigint): Point {
  return factor === 0n ? ed25519.Point.ZERO : point.multiplyUnsafe(factor);
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
