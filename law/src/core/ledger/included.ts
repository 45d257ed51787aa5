import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type NoteKey, parseCheckpoint, verifyNote } from '@ioi/crypto';
import { verifyInclusion } from '@ioi/merkle';
import type { IncludedEntry, LogEntry, Rejection } from '@ioi/protocol';
import { parseEntry } from './entry.ts';
import type { VerifiedSeal } from './seal.ts';

export type SigningLog = {
  readonly origin: string;
  /** Every one of them has to have signed. */
  readonly keys: readonly NoteKey[];
};

/**
 * Checks that an entry stands in a log as the guardian signed it, by its path alone: for whoever
 * holds no log. Rejects with `seal.bad_note`, `seal.differs` or `seal.not_included`. Whether an
 * entry that a crash left unsealed was voided later is for the guardian to say.
 */
export function verifyIncluded(
  note: string,
  { seq, text, path }: IncludedEntry,
  { origin, keys }: SigningLog,
): Result<{ readonly entry: LogEntry; readonly seal: VerifiedSeal }, Rejection> {
  const checked = verifyNote(note, keys);
  if (!checked.ok) return err({ code: 'seal.bad_note', message: checked.error.message });
  const vouching = new Set(checked.value.signers.map((signer) => signer.key.type));
  if (!keys.every((key) => vouching.has(key.type))) {
    return err({ code: 'seal.bad_note', message: 'a required signature is missing' });
  }
  const checkpoint = parseCheckpoint(checked.value.text);
  if (!checkpoint.ok) return err({ code: 'seal.bad_note', message: checkpoint.error.message });
  if (checkpoint.value.origin !== origin) {
    return err({ code: 'seal.differs', message: 'the seal is of another log' });
  }
  const parsed = parseEntry(encodeUtf8(text));
  if (!parsed.ok) return parsed;
  const { size, root } = checkpoint.value;
  const { entry, leaf } = parsed.value;
  const included = verifyInclusion({
    leafHash: leaf,
    index: Number(entry.seq),
    size,
    root: decodeBase64(root) ?? new Uint8Array(),
    proof: path.map((each) => decodeBase64(each) ?? new Uint8Array()),
  });
  if (!included.ok || entry.seq !== seq) {
    return err({ code: 'seal.not_included', message: `entry ${seq} is not in this log` });
  }
  return ok({ entry, seal: { size } as VerifiedSeal });
}
