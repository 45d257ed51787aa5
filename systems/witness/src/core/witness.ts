import { assert, decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import {
  type Checkpoint,
  formatNote,
  isLineOf,
  type Note,
  type NoteKey,
  parseCheckpoint,
  parseNote,
  verifyNote,
} from '@ioi/crypto';
import { type AddCheckpoint, parseAddCheckpoint, rootOf, verifyConsistency } from '@ioi/merkle';
import type { WitnessCode, WitnessRefusal } from './codes.ts';

/** What a witness cosigned last of a log: all it remembers, and what it never contradicts. */
export type WitnessedHead = Pick<Checkpoint, 'size' | 'root'>;

/** A log that the witness was told of, or that it met before. */
export type KnownLog = {
  readonly keys: readonly NoteKey[];
  /** Undefined before the first checkpoint. */
  readonly held: WitnessedHead | undefined;
};

/** A request that could be read; nothing in it was checked. */
export type Submission = {
  readonly request: AddCheckpoint;
  readonly note: Note;
  readonly checkpoint: Checkpoint;
};

/** What may be cosigned, once it is on disk that it is the largest seen. */
export type Accepted = {
  readonly checkpoint: Checkpoint;
  /** The note with the lines of the log's known keys and no other. */
  readonly note: string;
};

type Witnessed<T> = Result<T, WitnessRefusal>;

/** Reads the body of an `add-checkpoint` (C2SP tlog-witness). Says whose log it is about. */
export function readSubmission(body: string): Witnessed<Submission> {
  const request = parseAddCheckpoint(body);
  if (!request.ok) return refuse('witness.malformed', request.error.message);
  const note = parseNote(request.value.checkpoint);
  if (!note.ok) return refuse('witness.malformed', note.error.message);
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return refuse('witness.malformed', checkpoint.error.message);
  return ok({ request: request.value, note: note.value, checkpoint: checkpoint.value });
}

/**
 * Decides whether a checkpoint is cosigned: signed by a log that is known, and a continuation of
 * what was cosigned last. So there are never two roots of one size, nor a log that shrinks.
 */
export function witness(log: KnownLog | undefined, submission: Submission): Witnessed<Accepted> {
  const { request, checkpoint } = submission;
  if (log === undefined) {
    return refuse('witness.unknown_log', `${checkpoint.origin} is not a log known here`);
  }
  const note = signedByLog(log.keys, submission);
  if (!note.ok) return note;
  if (request.oldSize > checkpoint.size) {
    return refuse('witness.bad_old_size', 'the old size is above the size of the checkpoint');
  }
  const contradiction = contradictionIn(log.held, submission);
  return contradiction ? err(contradiction) : ok({ checkpoint, note: note.value });
}

function signedByLog(keys: readonly NoteKey[], { request, note }: Submission): Witnessed<string> {
  const verified = verifyNote(request.checkpoint, keys);
  if (!verified.ok) return refuse('witness.not_signed', verified.error.message);
  const lines = note.signatures.filter((line) => keys.some((key) => isLineOf(key, line)));
  return ok(formatNote({ text: note.text, signatures: lines }));
}

function contradictionIn(
  held: WitnessedHead | undefined,
  { request, checkpoint }: Submission,
): WitnessRefusal | undefined {
  const { oldSize, proof } = request;
  const size = held?.size ?? 0;
  if (oldSize !== size) {
    const message = `the last checkpoint cosigned here has ${size} entries`;
    return { code: 'witness.other_size', message, size };
  }
  if (held && checkpoint.size === size) {
    if (checkpoint.root === held.root) return proof.length === 0 ? undefined : BAD_PROOF;
    const message = `another root was cosigned at ${size} entries`;
    return { code: 'witness.other_root', message, size };
  }
  if (size === 0) return isFirst(request, checkpoint) ? undefined : BAD_PROOF;
  assert(held !== undefined, 'a log that is held has a size');
  const claim = {
    oldSize,
    oldRoot: bytesOf(held.root),
    newSize: checkpoint.size,
    newRoot: bytesOf(checkpoint.root),
    proof,
  };
  return verifyConsistency(claim).ok ? undefined : BAD_PROOF;
}

/** From nothing there is nothing to prove; but an empty log has one root only. */
function isFirst({ proof }: AddCheckpoint, { size, root }: Checkpoint): boolean {
  return proof.length === 0 && (size > 0 || root === encodeBase64(rootOf([])));
}

const BAD_PROOF: WitnessRefusal = {
  code: 'witness.inconsistent',
  message: 'the proof does not show that the log continues what was cosigned',
};

function bytesOf(root: string): Uint8Array {
  return decodeBase64(root) ?? new Uint8Array();
}

function refuse(code: WitnessCode, message: string): Witnessed<never> {
  return err({ code, message });
}
