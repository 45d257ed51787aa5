import { assert } from '@ioi/basis';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

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
  return cipherFor(context).encrypt(plaintext);
}

/** Undefined when key, nonce, associated data or ciphertext differ from what was sealed. */
export function openAead(context: AeadContext, sealed: Uint8Array): Uint8Array | undefined {
  const cipher = cipherFor(context);
  try {
    return cipher.decrypt(sealed);
  } catch {
    return undefined;
  }
}

function cipherFor(context: AeadContext): ReturnType<typeof xchacha20poly1305> {
  assert(context.key.length === 32, 'an XChaCha20 key has 32 bytes');
  assert(context.nonce.length === 24, 'an XChaCha20 nonce has 24 bytes');
  return xchacha20poly1305(context.key, context.nonce, context.associatedData);
}
