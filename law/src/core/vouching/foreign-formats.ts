import { decodeBase64, encodeBase64, encodeHex, encodeUtf8 } from '@ioi/basis';
import { canonicalJson, sha256 } from '@ioi/canon';
import { coseReceipt, type HybridPublicKey, spkiOf } from '@ioi/crypto';
import type { VouchedReceipt } from '@ioi/protocol';
import { IN_TOTO_TYPE, type ReceiptSignings } from './receipt-statement.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PEM_WIDTH = 64;

/** A DSSE envelope with both signatures: who knows one algorithm passes over the other. */
export function dsseEnvelope({ statement, dsse, guardian_key }: VouchedReceipt): string {
  const ids = keyIds(guardian_key);
  return canonical({
    payload: encodeBase64(encodeUtf8(statement)),
    payloadType: IN_TOTO_TYPE,
    signatures: [
      { keyid: ids.ed25519, sig: dsse.ed25519 },
      { keyid: ids.mlDsa44, sig: dsse.ml_dsa_44 },
    ],
  });
}

/**
 * A Sigstore bundle by public key. Its envelope has the Ed25519 signature alone: the format
 * allows one. A time stamp is over that signature (RFC 3161, the whole response in DER).
 */
export function sigstoreBundle(vouched: VouchedReceipt, stamp?: Uint8Array): string {
  const { statement, dsse, guardian_key } = vouched;
  const keyid = keyIds(guardian_key).ed25519;
  const stamps = stamp === undefined ? [] : [{ signedTimestamp: encodeBase64(stamp) }];
  return canonical({
    mediaType: BUNDLE_TYPE,
    verificationMaterial: {
      publicKey: { hint: keyid },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: stamps },
    },
    dsseEnvelope: {
      payload: encodeBase64(encodeUtf8(statement)),
      payloadType: IN_TOTO_TYPE,
      signatures: [{ keyid, sig: dsse.ed25519 }],
    },
  });
}

/** Two COSE receipts for one place: RFC 9052 signs with one key each. */
export function coseReceipts(
  { proof, cose }: VouchedReceipt,
  { headers }: ReceiptSignings,
  size: number,
): { readonly ed25519: Uint8Array; readonly mlDsa44: Uint8Array } {
  const { seq, path } = proof.entry;
  const place = { size, index: Number(seq), path: path.map(bytesOf) };
  return {
    ed25519: coseReceipt(headers.ed25519, place, bytesOf(cose.ed25519)),
    mlDsa44: coseReceipt(headers.mlDsa44, place, bytesOf(cose.ml_dsa_44)),
  };
}

/** Public keys in PEM (RFC 7468 13), under whose ids the formats name them. */
export function publicKeyPems(key: HybridPublicKey) {
  const { ed25519, mlDsa44 } = spkiOf(key);
  return { ed25519: pemOf(ed25519), mlDsa44: pemOf(mlDsa44) };
}

/** SHA-256 of the key in DER, as others name keys. */
export function keyIds(key: HybridPublicKey) {
  const { ed25519, mlDsa44 } = spkiOf(key);
  return { ed25519: encodeHex(sha256(ed25519)), mlDsa44: encodeHex(sha256(mlDsa44)) };
}

function pemOf(der: Uint8Array): string {
  const text = encodeBase64(der);
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += PEM_WIDTH) lines.push(text.slice(at, at + PEM_WIDTH));
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
}

function bytesOf(base64: string): Uint8Array {
  return decodeBase64(base64) ?? new Uint8Array();
}

function canonical(value: object): string {
  const text = canonicalJson(value);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}
