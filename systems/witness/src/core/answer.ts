import {
  type Checkpoint,
  formatNote,
  isLineOf,
  type NoteKey,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  verifyNote,
} from '@ioi/crypto';
import { parseWitnessedSize } from '@ioi/merkle';

/** What a log asked of a witness: to cosign this, as a continuation of `oldSize` entries. */
export type Asking = {
  /** Text of the checkpoint's note. */
  readonly text: string;
  readonly size: number;
  readonly oldSize: number;
  /** All of them must sign. */
  readonly keys: readonly NoteKey[];
};

/** What a witness said, made out of its status and body; nothing is believed unsigned. */
export type Opinion =
  /** Each named key signed. `timestamp` is the first one's, in seconds since 1970. */
  | {
      readonly kind: 'cosigned';
      readonly lines: readonly NoteSignature[];
      readonly timestamp: bigint;
    }
  /** It cosigned a smaller log last: ask again from there. */
  | { readonly kind: 'ask_from'; readonly size: number }
  /** It says it cosigned more entries than this log has. */
  | { readonly kind: 'knows_more'; readonly size: number }
  /** It says it cosigned another log of this size. */
  | { readonly kind: 'knows_other'; readonly size: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** A witness that neither cosigns nor has a reason of those it may have. */
const CONFUSED = 'witness.confused';
const MOST_MESSAGE = 200;

/** Reads the answer to an `add-checkpoint` (C2SP tlog-witness). */
export function readAnswer(asking: Asking, answer: { status: number; body: string }): Opinion {
  const { status, body } = answer;
  if (status === 200) return readCosignature(asking, body);
  if (status === 409) return readSize(asking, body);
  // From no entries on there is nothing that could be inconsistent.
  if (status === 422 && asking.oldSize > 0) return { kind: 'knows_other', size: asking.oldSize };
  const [, code, message = ''] = /^(witness\.[a-z_]{1,40}): (.*)/.exec(body) ?? [];
  const said = `it answered ${status}: ${(code ? message : body).slice(0, MOST_MESSAGE)}`;
  return { kind: 'refused', code: code ?? 'witness.refused', message: said };
}

function readCosignature({ text, keys }: Asking, body: string): Opinion {
  const given = parseSignatures(body);
  if (!given.ok) return refused('witness.bad_cosignature', given.error.message);
  const lines = given.value.filter((line) => keys.some((key) => isLineOf(key, line)));
  const verified = verifyNote(formatNote({ text, signatures: lines }), keys);
  if (!verified.ok) return refused('witness.bad_cosignature', verified.error.message);
  const { signers } = verified.value;
  const times = signers.map(({ timestamp = 0n }) => timestamp);
  if (signers.length < keys.length || !times.every(isTime)) {
    return refused('witness.bad_cosignature', 'not every key of it said when it signed');
  }
  return { kind: 'cosigned', lines, timestamp: times[0] ?? 0n };
}

/** Zero says nothing, and beyond the year 9999 no calendar goes. */
function isTime(seconds: bigint): boolean {
  return seconds > 0n && seconds < 253_402_300_800n;
}

function readSize({ size, oldSize }: Asking, body: string): Opinion {
  const read = parseWitnessedSize(body);
  if (!read.ok) return refused(CONFUSED, read.error.message);
  const known = read.value;
  if (known > size) return { kind: 'knows_more', size: known };
  if (known !== oldSize) return { kind: 'ask_from', size: known };
  if (known === size) return { kind: 'knows_other', size };
  return refused(CONFUSED, `it asks for ${known} entries, from which it was asked`);
}

/** A checkpoint that a witness shows, once the log and the witness signed it. */
export type ShownCheckpoint = {
  readonly checkpoint: Checkpoint;
  /** With the lines of log and witness only. */
  readonly note: string;
};

/** Reads what a witness shows of a log; undefined unless log and witness signed it. */
export function readShown(
  note: string,
  keys: { readonly log: readonly NoteKey[]; readonly witness: readonly NoteKey[] },
): ShownCheckpoint | undefined {
  const parsed = parseNote(note);
  const all = [...keys.log, ...keys.witness];
  const verified = verifyNote(note, all);
  if (!parsed.ok || !verified.ok) return undefined;
  const signers = verified.value.signers.map(({ key }) => key);
  const isByLog = keys.log.some((key) => signers.includes(key));
  const isByWitness = keys.witness.every((key) => signers.includes(key));
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (!isByLog || !isByWitness || !checkpoint.ok) return undefined;
  const { text, signatures } = parsed.value;
  const lines = signatures.filter((line) => all.some((key) => isLineOf(key, line)));
  return { checkpoint: checkpoint.value, note: formatNote({ text, signatures: lines }) };
}

function refused(code: string, message: string): Opinion {
  return { kind: 'refused', code, message };
}
