/**
 * The bare signature checks and the cipher, on bytes. Both platforms answer alike, also for keys
 * and signatures made to tell implementations apart. No check throws: a wrong length is a wrong
 * signature.
 */

/**
 * RFC 8032 5.1.7 without the cofactor: 32-byte key, 64-byte signature. Keys and commitments of
 * small order, with which one signature holds for many messages, verify nothing.
 */
export function ed25519Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean;

/** FIPS 204 5.3: 1,312-byte key, 2,420-byte signature, a context of at most 255 bytes. */
export function mlDsa44Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  context?: Uint8Array,
): boolean;

/**
 * ECDSA over P-256 with SHA-256: an uncompressed point of 65 bytes, 64 bytes `r || s` with the
 * lower of both `s`, so that one message has one signature of a kind.
 */
export function p256Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean;

/**
 * RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2.2): a modulus of 2,048 to 4,096 bits, big-endian
 * without leading zeros, and the exponent 65537; a signature as long as the modulus and below it.
 */
export function rsaVerify(modulus: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

/** What a ChaCha20-Poly1305 box is sealed under (RFC 8439): 32 bytes of key, 12 of nonce. */
export type BoxUnder = {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
};

/** RFC 8439 2.8: ciphertext, then its 16-byte tag. */
export function chachaSeal(under: BoxUnder, plaintext: Uint8Array): Uint8Array;

/** Undefined when anything differs from what was sealed. */
export function chachaOpen(under: BoxUnder, sealed: Uint8Array): Uint8Array | undefined;
