import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { ed25519Verify } from '#platform';
import type { NoteError } from './codes.ts';
import { cosignedAt } from './cosignature.ts';
import { NOTE_ED25519, parseNote } from './note.ts';
import { isLineOf, type NoteKey } from './note-key.ts';

/** A key that vouches for the note; a cosigner also says when, in seconds since 1970, or 0. */
export type NoteSigner = { readonly key: NoteKey; readonly timestamp?: bigint };

export type VerifiedNote = { readonly text: string; readonly signers: readonly NoteSigner[] };

/**
 * Which of the known keys vouch for a note, each once. Lines of unknown keys are passed over; one
 * line of a known key that does not verify refuses the whole note (C2SP signed-note). Whoever
 * needs several keys checks that `signers` has them all: one is enough for this function.
 */
export function verifyNote(
  input: string,
  keys: readonly NoteKey[],
): Result<VerifiedNote, NoteError> {
  const note = parseNote(input);
  if (!note.ok) return note;
  const { text, signatures } = note.value;
  const signers = new Map<NoteKey, NoteSigner>();
  for (const line of signatures) {
    const key = keys.find((known) => isLineOf(known, line));
    if (key === undefined) continue;
    const signer = verifyLine(text, key, line.signature);
    if (signer === undefined) {
      return err({ code: 'note.bad_signature', message: `the signature of ${key.name} is wrong` });
    }
    if (!signers.has(key)) signers.set(key, signer);
  }
  if (signers.size > 0) return ok({ text, signers: [...signers.values()] });
  return err({ code: 'note.unknown_key', message: 'no known key signed this note' });
}

function verifyLine(text: string, key: NoteKey, signature: Uint8Array): NoteSigner | undefined {
  if (key.type === NOTE_ED25519) {
    return ed25519Verify(key.publicKey, encodeUtf8(text), signature) ? { key } : undefined;
  }
  const timestamp = cosignedAt(text, key, signature);
  return timestamp === undefined ? undefined : { key, timestamp };
}
