import { err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, type NoteKey, parseCheckpoint, parseNote, verifyNote } from '@ioi/crypto';
import { parseTlogProof } from '@ioi/merkle';
import type { Finding } from './codes.ts';

/** Whose word is asked for. A witness is a name, and counts with every key named for it. */
export type WitnessDemand = {
  readonly witnesses: readonly NoteKey[];
  /** How many of them must have cosigned. */
  readonly needed: number;
};

/** A witness that cosigned, and when by its own clock, in seconds since 1970. */
export type Cosigner = { readonly name: string; readonly timestamp: bigint };

export type Witnessed = {
  readonly checkpoint: Checkpoint;
  readonly cosigners: readonly Cosigner[];
};

/**
 * Checks that enough witnesses cosigned a checkpoint of a log. `text` is a signed note or a
 * tlog-proof that carries one; lines of strangers are passed over. That the log signed it, and
 * that it is of the right log, is for the caller to ask of the same note.
 */
export function verifyWitnessed(text: string, demand: WitnessDemand): Result<Witnessed, Finding> {
  const note = noteIn(text);
  const parsed = parseNote(note);
  if (!parsed.ok) return refuse('witness.malformed', parsed.error.message);
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (!checkpoint.ok) return refuse('witness.malformed', checkpoint.error.message);
  const verified = verifyNote(note, demand.witnesses);
  if (!verified.ok && verified.error.code === 'note.bad_signature') {
    return refuse('witness.bad_signature', verified.error.message);
  }
  const signers = verified.ok ? verified.value.signers : [];
  const times = new Map(signers.map(({ key, timestamp }) => [key, timestamp ?? 0n]));
  const cosigners = [...keysByName(demand.witnesses)].flatMap(([name, keys]) => {
    const said = keys.flatMap((key) => times.get(key) ?? []);
    const isWhole = said.length === keys.length && said.every(isTime);
    return isWhole ? [{ name, timestamp: earliest(said) }] : [];
  });
  if (cosigners.length >= demand.needed) return ok({ checkpoint: checkpoint.value, cosigners });
  const message = `${cosigners.length} of the witnesses named cosigned, not ${demand.needed}`;
  return refuse('witness.missing', message);
}

/** The note of a tlog-proof, or what is a note itself. */
export function noteIn(text: string): string {
  const proof = parseTlogProof(text);
  return proof.ok ? proof.value.checkpoint : text;
}

/** A time of zero claims nothing about which log was the largest; after 9999 no calendar goes. */
function isTime(seconds: bigint): boolean {
  return seconds > 0n && seconds < 253_402_300_800n;
}

function keysByName(keys: readonly NoteKey[]): ReadonlyMap<string, readonly NoteKey[]> {
  return Map.groupBy(keys, ({ name }) => name);
}

function earliest(times: readonly bigint[]): bigint {
  return times.reduce((first, time) => {
    if (time < first) return time;
    return first;
  });
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
