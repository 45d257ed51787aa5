import { encodeBase64, err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, parseCheckpoint, parseNote, verifyNote } from '@ioi/crypto';
import type { Frontier } from '@ioi/merkle';
import type { Finding, FindingCode } from './codes.ts';
import { type Epochs, isLaterOrigin } from './epochs.ts';

/** A checkpoint that is remembered, and its note where it is signed. */
export type Remembered = { readonly checkpoint: Checkpoint; readonly note: string | undefined };

/** Reads a remembered checkpoint: a signed note, or its three lines alone. */
export function readRemembered(text: string, first: string): Result<Remembered, Finding> {
  const ended = text.endsWith('\n') ? text : `${text}\n`;
  const note = parseNote(ended);
  const checkpoint = parseCheckpoint(note.ok ? note.value.text : ended);
  if (!checkpoint.ok) return refuse('expect.malformed', checkpoint.error.message);
  const { origin, size } = checkpoint.value;
  if (size === 0) return refuse('expect.malformed', 'a log of no entries cannot be remembered');
  if (origin !== first && !isLaterOrigin(origin, first)) {
    return refuse('expect.other_log', `the remembered checkpoint is of ${origin}`);
  }
  return ok({ checkpoint: checkpoint.value, note: note.ok ? ended : undefined });
}

/** Whether the log continues what is remembered. */
export class Expectation {
  readonly #remembered: Remembered;
  #fork: Finding | undefined;

  constructor(remembered: Remembered) {
    this.#remembered = remembered;
  }

  get size(): number {
    return this.#remembered.checkpoint.size;
  }

  /** To be told every size of the log, from one. */
  take(frontier: Frontier, line: number): void {
    const { size, root } = this.#remembered.checkpoint;
    if (frontier.size !== size || encodeBase64(frontier.root()) === root) return;
    const message = `the first ${size} entries are not those that were remembered`;
    this.#fork = { code: 'expect.fork', message, line, seq: String(size - 1) };
  }

  /**
   * Once the log has ended with so many entries. What is signed must be signed by whoever sealed
   * at its size; one of the two lines is enough, as in a note not yet cosigned. Of a log that was
   * not found true to its end `epochs` is undefined: later ones may be missing.
   */
  unmetBy(entries: number, epochs: Epochs | undefined): Finding | undefined {
    const { checkpoint, note } = this.#remembered;
    const sealer = epochs?.sealerOf(checkpoint);
    if (sealer?.ok === false) return sealer.error;
    const verified = sealer && note !== undefined && verifyNote(note, sealer.value.keys);
    if (verified && !verified.ok) {
      return { code: 'expect.bad_signature', message: verified.error.message };
    }
    if (entries >= checkpoint.size) return this.#fork;
    const message = `${checkpoint.size} entries were remembered, the export has ${entries}`;
    return { code: 'expect.older_export', message };
  }
}

function refuse(code: FindingCode, message: string): Result<never, Finding> {
  return err({ code, message });
}
