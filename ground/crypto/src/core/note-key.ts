import { decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import type { CryptoError } from './codes.ts';
import type { HybridPublicKey } from './keys.ts';
import {
  isNoteName,
  NOTE_ED25519,
  NOTE_ED25519_COSIGNATURE,
  NOTE_ML_DSA_44,
  type NoteKeyType,
  type NoteSignature,
  noteKeyId,
} from './note.ts';
import { isSmallOrder } from './small-order.ts';

/** A key the verifier was told to trust, under the name it signs with. */
export type NoteKey = {
  readonly name: string;
  readonly type: NoteKeyType;
  readonly publicKey: Uint8Array;
};

/** The two keys under which a hybrid key signs notes. */
export type NoteKeyPair = { readonly ed25519: NoteKey; readonly mlDsa44: NoteKey };

const KEY_SIZES: ReadonlyMap<number, number> = new Map([
  [NOTE_ED25519, 32],
  [NOTE_ED25519_COSIGNATURE, 32],
  [NOTE_ML_DSA_44, 1312],
]);
const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s;

/** The note keys of a hybrid public key with which a log signs its own checkpoints. */
export function noteKeysOf(
  publicKey: HybridPublicKey,
  name: string,
): Result<NoteKeyPair, CryptoError> {
  return keyPair(publicKey, name, NOTE_ED25519);
}

/** The note keys of a hybrid public key with which a witness cosigns the checkpoints of others. */
export function witnessKeysOf(
  publicKey: HybridPublicKey,
  name: string,
): Result<NoteKeyPair, CryptoError> {
  return keyPair(publicKey, name, NOTE_ED25519_COSIGNATURE);
}

/** C2SP signed-note "vkey": how keys of logs and witnesses are handed around. */
export function formatNoteKey({ name, type, publicKey }: NoteKey): string {
  const keyId = noteKeyId(name, type, publicKey).toString(16).padStart(8, '0');
  return `${name}+${keyId}+${encodeBase64(new Uint8Array([type, ...publicKey]))}`;
}

/** Takes only what `formatNoteKey` gives. */
export function parseNoteKey(text: string): Result<NoteKey, CryptoError> {
  const [, name = '', keyId = '', encoded = ''] = VERIFIER_KEY.exec(text) ?? [];
  const bytes = decodeBase64(encoded) ?? new Uint8Array();
  const key = checkedKey(name, bytes[0] as NoteKeyType, bytes.slice(1));
  if (!key.ok) return key;
  const isOwnId = noteKeyId(name, key.value.type, key.value.publicKey) === Number(`0x${keyId}`);
  return isOwnId ? key : badKey('the key id is of another key');
}

/** Whether a line claims to be by this key: its name and the short hash of the key. */
export function isLineOf({ name, type, publicKey }: NoteKey, line: NoteSignature): boolean {
  return name === line.name && noteKeyId(name, type, publicKey) === line.keyId;
}

function keyPair(
  publicKey: HybridPublicKey,
  name: string,
  type: typeof NOTE_ED25519 | typeof NOTE_ED25519_COSIGNATURE,
): Result<NoteKeyPair, CryptoError> {
  const ed25519 = checkedKey(name, type, decodeBase64(publicKey.ed25519));
  const mlDsa44 = checkedKey(name, NOTE_ML_DSA_44, decodeBase64(publicKey.ml_dsa_44));
  if (!ed25519.ok) return ed25519;
  return mlDsa44.ok ? ok({ ed25519: ed25519.value, mlDsa44: mlDsa44.value }) : mlDsa44;
}

function checkedKey(
  name: string,
  type: NoteKeyType,
  publicKey: Uint8Array | undefined,
): Result<NoteKey, CryptoError> {
  if (publicKey === undefined || publicKey.length !== KEY_SIZES.get(type)) {
    return badKey('the key is not base64 of the right length');
  }
  if (!isNoteName(name)) return badKey('a note key name has no spaces, no plus and 255 bytes');
  if (type !== NOTE_ML_DSA_44 && isSmallOrder(publicKey)) {
    return badKey('the key is one that proves nothing');
  }
  return ok({ name, type, publicKey });
}

function badKey(message: string): Result<never, CryptoError> {
  return err({ code: 'crypto.bad_encoding', message });
}
