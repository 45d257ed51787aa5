import { assert, encodeUtf8, type Result } from '@ioi/basis';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../core/checkpoint.ts';
import { cosignedMessage, timedText, timestamped } from '../core/cosignature.ts';
import { type NoteSignature, noteKeyId } from '../core/note.ts';
import { type NoteKey, noteKeysOf, witnessKeysOf } from '../core/note-key.ts';
import { type HybridKey, signEd25519Raw, signMlDsa44RawAsync } from './keys.ts';

/** The Ed25519 line of a note (C2SP signed-note): over the note text alone. */
export function signNote(key: HybridKey, name: string, text: string): NoteSignature {
  const { ed25519 } = made(noteKeysOf(key.publicKey, name));
  return lineOf(ed25519, signEd25519Raw(key, encodeUtf8(text)));
}

/**
 * The Ed25519 line of a witness (C2SP tlog-cosignature, cosignature/v1). `timestamp` is in seconds
 * since 1970: when this was the largest tree the witness had seen.
 */
export function cosignCheckpointEd25519(
  key: HybridKey,
  name: string,
  checkpoint: Checkpoint,
  timestamp: bigint,
): NoteSignature {
  assert(timestamp > 0n, 'a witness says when it signed');
  const { ed25519 } = made(witnessKeysOf(key.publicKey, name));
  const signature = signEd25519Raw(key, timedText(textOf(checkpoint), timestamp));
  return lineOf(ed25519, timestamped(timestamp, signature));
}

/**
 * The ML-DSA-44 line of a checkpoint (C2SP tlog-cosignature). `timestamp` is in seconds since
 * 1970, or 0 to say nothing about when.
 */
export async function cosignCheckpoint(
  key: HybridKey,
  name: string,
  checkpoint: Checkpoint,
  timestamp: bigint,
): Promise<NoteSignature> {
  textOf(checkpoint);
  const { mlDsa44 } = made(noteKeysOf(key.publicKey, name));
  const signature = await signMlDsa44RawAsync(key, cosignedMessage(name, checkpoint, timestamp));
  return lineOf(mlDsa44, timestamped(timestamp, signature));
}

function lineOf({ name, type, publicKey }: NoteKey, signature: Uint8Array): NoteSignature {
  return { name, keyId: noteKeyId(name, type, publicKey), signature };
}

function textOf(checkpoint: Checkpoint): string {
  const text = formatCheckpoint(checkpoint);
  assert(parseCheckpoint(text).ok, 'only a well-formed head is cosigned');
  return text;
}

function made<T, E>(keys: Result<T, E>): T {
  assert(keys.ok, 'a key signs notes under a name without spaces and plus');
  return keys.value;
}
