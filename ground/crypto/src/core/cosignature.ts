import { assert, decodeBase64, encodeUtf8 } from '@ioi/basis';
import { ed25519Verify, mlDsa44Verify } from '#platform';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { NOTE_ED25519_COSIGNATURE } from './note.ts';
import type { NoteKey } from './note-key.ts';

// C2SP tlog-cosignature: a statement about a checkpoint, with the time at which it was made.

const ED25519_HEADER = 'cosignature/v1';
const ML_DSA_44_LABEL = 'subtree/v1\n\0';
const TIMESTAMP_SIZE = 8;
const MAX_TIMESTAMP = 2n ** 63n - 1n;
const SIGNATURE_SIZES = { ed25519: 64, mlDsa44: 2420 };

/** What an Ed25519 cosigner signs: all of the note text, but not its own name. */
export function timedText(text: string, timestamp: bigint): Uint8Array {
  assert(isTimestamp(timestamp), 'a timestamp lies below 2^63');
  return encodeUtf8(`${ED25519_HEADER}\ntime ${timestamp}\n${text}`);
}

/** What an ML-DSA-44 cosigner signs: its name, and of the note origin, size and root. */
export function cosignedMessage(
  cosigner: string,
  checkpoint: Checkpoint,
  timestamp: bigint,
): Uint8Array {
  const root = decodeBase64(checkpoint.root);
  assert(root?.length === 32, 'the root of a checkpoint has 32 bytes');
  assert(isTimestamp(timestamp), 'a timestamp lies below 2^63');
  const start = 0n;
  const parts = [
    encodeUtf8(ML_DSA_44_LABEL),
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

/** `timestamped_signature`: the time, then the signature. */
export function timestamped(timestamp: bigint, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TIMESTAMP_SIZE + signature.length);
  bytes.set(bigEndian(timestamp), 0);
  bytes.set(signature, TIMESTAMP_SIZE);
  return bytes;
}

/** When the cosigner says it signed this note text, in seconds; undefined if it did not sign it. */
export function cosignedAt(text: string, key: NoteKey, signed: Uint8Array): bigint | undefined {
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok || signed.length <= TIMESTAMP_SIZE) return undefined;
  const timestamp = new DataView(signed.buffer, signed.byteOffset).getBigUint64(0);
  if (!isTimestamp(timestamp)) return undefined;
  const signature = signed.slice(TIMESTAMP_SIZE);
  const isValid =
    key.type === NOTE_ED25519_COSIGNATURE
      ? signature.length === SIGNATURE_SIZES.ed25519 &&
        ed25519Verify(key.publicKey, timedText(text, timestamp), signature)
      : signature.length === SIGNATURE_SIZES.mlDsa44 &&
        mlDsa44Verify(
          key.publicKey,
          cosignedMessage(key.name, checkpoint.value, timestamp),
          signature,
        );
  return isValid ? timestamp : undefined;
}

function isTimestamp(timestamp: bigint): boolean {
  return timestamp >= 0n && timestamp <= MAX_TIMESTAMP;
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
