import { assert, encodeUtf8 } from '@ioi/basis';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../core/checkpoint.ts';
import { type NoteSignature, noteKeyId } from '../core/note.ts';
import { cosignedMessage, type NoteKeyPair, noteKeysOf, timestamped } from '../core/note-verify.ts';
import { type HybridKey, signEd25519Raw, signMlDsa44RawAsync } from './keys.ts';

/** The Ed25519 line of a note (C2SP signed-note): over the note text alone. */
export function signNote(key: HybridKey, name: string, text: string): NoteSignature {
  const { type, publicKey } = keysOf(key, name).ed25519;
  const signature = signEd25519Raw(key, encodeUtf8(text));
  return { name, keyId: noteKeyId(name, type, publicKey), signature };
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
  assert(parseCheckpoint(formatCheckpoint(checkpoint)).ok, 'only a well-formed head is cosigned');
  const { type, publicKey } = keysOf(key, name).mlDsa44;
  const signature = await signMlDsa44RawAsync(key, cosignedMessage(name, checkpoint, timestamp));
  return {
    name,
    keyId: noteKeyId(name, type, publicKey),
    signature: timestamped(timestamp, signature),
  };
}

function keysOf(key: HybridKey, name: string): NoteKeyPair {
  const keys = noteKeysOf(key.publicKey, name);
  assert(keys.ok, 'a key signs notes under a name without spaces and plus');
  return keys.value;
}
