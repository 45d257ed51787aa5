import { hkdfSync, randomBytes } from 'node:crypto';
import { decodeBase64, encodeBase64, encodeUtf8 } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { openAead, sealAead } from '@ioi/crypto';

/** Base64, both. */
export type Sealed = { readonly nonce: string; readonly sealed: string };

const NONCE_BYTES = 24;
const KEY_BYTES = 32;

export function freshKey(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

/** `about` is bound in: under another one it does not open. */
export function sealUnder(key: Uint8Array, about: object, plaintext: Uint8Array): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = sealAead({ key, nonce, associatedData: bytesOf(about) }, plaintext);
  return { nonce: encodeBase64(nonce), sealed: encodeBase64(sealed) };
}

export function openUnder(key: Uint8Array, about: object, from: Sealed): Uint8Array | undefined {
  const nonce = decodeBase64(from.nonce);
  const sealed = decodeBase64(from.sealed);
  if (nonce?.length !== NONCE_BYTES || sealed === undefined) return undefined;
  return openAead({ key, nonce, associatedData: bytesOf(about) }, sealed);
}

/** What an unlocker brings, made a key for this one purpose (HKDF-SHA-256, RFC 5869). */
export function keyFor(purpose: string, vaultId: string, brought: Uint8Array): Uint8Array {
  const salt = encodeUtf8(vaultId);
  return new Uint8Array(hkdfSync('sha256', brought, salt, `ioi vault ${purpose}`, KEY_BYTES));
}

function bytesOf(about: object): Uint8Array {
  const bytes = canonicalBytes(about);
  if (!bytes.ok) throw new Error(bytes.error.message);
  return bytes.value;
}
