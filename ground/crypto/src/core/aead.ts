import { assert, encodeUtf8 } from '@ioi/basis';
import { hchacha } from '@noble/ciphers/chacha.js';
import { chachaOpen, chachaSeal } from '#platform';

/** What to seal or open under, and what to bind to it unencrypted. */
export type AeadContext = {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 24 bytes, never used twice with a key; random ones are safe at this length. */
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
};

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): ciphertext, then its 16-byte tag. */
export function sealAead(context: AeadContext, plaintext: Uint8Array): Uint8Array {
  return chachaSeal(underOf(context), plaintext);
}

/** Undefined when key, nonce, associated data or ciphertext differ from what was sealed. */
export function openAead(context: AeadContext, sealed: Uint8Array): Uint8Array | undefined {
  return chachaOpen(underOf(context), sealed);
}

/** What XChaCha20 is: a key from the first 16 bytes of the nonce, and ChaCha20 with the last 8. */
function underOf({ key, nonce, associatedData }: AeadContext): Parameters<typeof chachaSeal>[0] {
  assert(key.length === KEY_SIZE, 'an XChaCha20 key has 32 bytes');
  assert(nonce.length === NONCE_SIZE, 'an XChaCha20 nonce has 24 bytes');
  const derived = new Uint32Array(8);
  hchacha(words(SIGMA), words(key), words(nonce.subarray(0, 16)), derived);
  const short = new Uint8Array(12);
  short.set(nonce.subarray(16), 4);
  return { key: new Uint8Array(derived.buffer), nonce: short, associatedData };
}

const KEY_SIZE = 32;
const NONCE_SIZE = 24;
const SIGMA = encodeUtf8('expand 32-byte k');

/**
 * A copy that begins where its memory does, which a slice of a `Buffer` does not; in the machine's
 * own order, which is little-endian wherever Node runs.
 */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer);
}
