import { assert, decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { ed25519Verify, mlDsa44Verify } from '#platform';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { CryptoError, NoteError } from './codes.ts';
import type { HybridPublicKey } from './keys.ts';
import {
  isNoteName,
  NOTE_ED25519,
  NOTE_ML_DSA_44,
  type NoteKeyType,
  type NoteSignature,
  noteKeyId,
  parseNote,
} from './note.ts';
import { isSmallOrder } from './small-order.ts';

/** A key the verifier was told to trust, under the name it signs with. */
export type NoteKey = {
  readonly name: string;
  readonly type: NoteKeyType;
  readonly publicKey: Uint8Array;
};

/** A key that vouches for the note; a cosigner also says when, in seconds since 1970, or 0. */
export type NoteSigner = { readonly key: NoteKey; readonly timestamp?: bigint };

/** The two keys under which a hybrid key signs notes. */
export type NoteKeyPair = { readonly ed25519: NoteKey; readonly mlDsa44: NoteKey };

export type VerifiedNote = { readonly text: string; readonly signers: readonly NoteSigner[] };

const KEY_SIZES = { ed25519: 32, mlDsa44: 1312 };
const LABEL = 'subtree/v1\n\0';
const TIMESTAMP_SIZE = 8;
const MAX_TIMESTAMP = 2n ** 63n - 1n;
const ML_DSA_44_SIGNATURE_SIZE = 2420;

/**
 * Which of the known keys vouch for a note. Lines of unknown keys are passed over; one line of a
 * known key that does not verify refuses the whole note (C2SP signed-note). Whoever needs several
 * keys checks that `signers` has them all: one is enough for this function.
 */
export function verifyNote(
  input: string,
  keys: readonly NoteKey[],
): Result<VerifiedNote, NoteError> {
  const note = parseNote(input);
  if (!note.ok) return note;
  const { text, signatures } = note.value;
  const signers: NoteSigner[] = [];
  for (const line of signatures) {
    const key = keys.find((known) => isKeyOf(known, line));
    if (key === undefined) continue;
    const signer = verifyLine(text, key, line.signature);
    if (signer === undefined) {
      return err({ code: 'note.bad_signature', message: `the signature of ${key.name} is wrong` });
    }
    signers.push(signer);
  }
  if (signers.length > 0) return ok({ text, signers });
  return err({ code: 'note.unknown_key', message: 'no known key signed this note' });
}

/** The note keys of a hybrid public key: what a verifier is given to trust. */
export function noteKeysOf(
  publicKey: HybridPublicKey,
  name: string,
): Result<NoteKeyPair, CryptoError> {
  const ed25519 = decodeBase64(publicKey.ed25519);
  const mlDsa44 = decodeBase64(publicKey.ml_dsa_44);
  if (ed25519?.length !== KEY_SIZES.ed25519 || mlDsa44?.length !== KEY_SIZES.mlDsa44) {
    return badKey('the key is not base64 of the right length');
  }
  if (!isNoteName(name)) return badKey('a note key name has no spaces, no plus and 255 bytes');
  if (isSmallOrder(ed25519)) return badKey('the key is one that proves nothing');
  return ok({
    ed25519: { name, type: NOTE_ED25519, publicKey: ed25519 },
    mlDsa44: { name, type: NOTE_ML_DSA_44, publicKey: mlDsa44 },
  });
}

/** What an ML-DSA-44 cosigner signs for a checkpoint (C2SP tlog-cosignature). */
export function cosignedMessage(
  cosigner: string,
  checkpoint: Checkpoint,
  timestamp: bigint,
): Uint8Array {
  const root = decodeBase64(checkpoint.root);
  assert(root?.length === 32, 'the root of a checkpoint has 32 bytes');
  assert(timestamp >= 0n && timestamp <= MAX_TIMESTAMP, 'a timestamp lies below 2^63');
  const start = 0n;
  const parts = [
    encodeUtf8(LABEL),
    prefixed(cosigner),
    bigEndian(timestamp),
    prefixed(checkpoint.origin),
    bigEndian(start),
    bigEndian(BigInt(checkpoint.size)),
    root,
  ];
  const message = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

/** C2SP tlog-cosignature `timestamped_signature`: the time, then the signature. */
export function timestamped(timestamp: bigint, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TIMESTAMP_SIZE + signature.length);
  bytes.set(bigEndian(timestamp), 0);
  bytes.set(signature, TIMESTAMP_SIZE);
  return bytes;
}

function isKeyOf(key: NoteKey, line: NoteSignature): boolean {
  return key.name === line.name && noteKeyId(key.name, key.type, key.publicKey) === line.keyId;
}

function verifyLine(text: string, key: NoteKey, signature: Uint8Array): NoteSigner | undefined {
  if (key.type === NOTE_ED25519) {
    return ed25519Verify(key.publicKey, encodeUtf8(text), signature) ? { key } : undefined;
  }
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) return undefined;
  if (signature.length !== TIMESTAMP_SIZE + ML_DSA_44_SIGNATURE_SIZE) return undefined;
  const timestamp = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  if (timestamp > MAX_TIMESTAMP) return undefined;
  const message = cosignedMessage(key.name, checkpoint.value, timestamp);
  const isValid = mlDsa44Verify(key.publicKey, message, signature.slice(TIMESTAMP_SIZE));
  return isValid ? { key, timestamp } : undefined;
}

function badKey(message: string): Result<never, CryptoError> {
  return err({ code: 'crypto.bad_encoding', message });
}

/** RFC 8446 3.4 `opaque<1..2^8-1>`: a length byte, then the bytes. */
function prefixed(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  assert(bytes.length >= 1 && bytes.length <= 255, 'a name has 1 to 255 bytes');
  const out = new Uint8Array(1 + bytes.length);
  out[0] = bytes.length;
  out.set(bytes, 1);
  return out;
}

function bigEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
