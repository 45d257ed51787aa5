import { decodeBase64 } from '@ioi/basis';
import { ed25519Verify, mlDsa44Verify } from '#platform';
import type { HybridPublicKey } from './keys.ts';

/** What each half of a key signed. */
export type RawMessages = { readonly ed25519: Uint8Array; readonly mlDsa44: Uint8Array };

/** Base64. */
export type RawSignatures = { readonly ed25519: string; readonly ml_dsa_44: string };

// Everything of a SubjectPublicKeyInfo before the key (RFC 8410 4, RFC 9881 4).
const ED25519_SPKI = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const ML_DSA_44_SPKI = [
  ...[0x30, 0x82, 0x05, 0x32, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04],
  ...[0x03, 0x11, 0x03, 0x82, 0x05, 0x21, 0x00],
];

/** Whether both halves signed exactly these bytes: for formats that separate domains themselves. */
export function verifyRaw(
  publicKey: HybridPublicKey,
  messages: RawMessages,
  signatures: RawSignatures,
): boolean {
  const halves = [publicKey.ed25519, publicKey.ml_dsa_44].map((text) => decodeBase64(text));
  const signed = [signatures.ed25519, signatures.ml_dsa_44].map((text) => decodeBase64(text));
  const [ed25519, mlDsa44] = halves;
  const [first, second] = signed;
  if (!ed25519 || !mlDsa44 || !first || !second) return false;
  return (
    ed25519Verify(ed25519, messages.ed25519, first) &&
    mlDsa44Verify(mlDsa44, messages.mlDsa44, second)
  );
}

/** Both halves of a public key as others take them, in DER (RFC 5280 4.1.2.7). */
export function spkiOf({ ed25519, ml_dsa_44 }: HybridPublicKey): RawMessages {
  return {
    ed25519: new Uint8Array([...ED25519_SPKI, ...(decodeBase64(ed25519) ?? [])]),
    mlDsa44: new Uint8Array([...ML_DSA_44_SPKI, ...(decodeBase64(ml_dsa_44) ?? [])]),
  };
}
