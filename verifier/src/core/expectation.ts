import { encodeBase64, err, type Result } from '@ioi/basis';
import { type Checkpoint, parseCheckpoint, parseNote, verifyNote } from '@ioi/crypto';
import type { Frontier } from '@ioi/merkle';
import type { Finding, FindingCode } from './codes.ts';
import type { Trust } from './trust.ts';

/**
 * Reads a remembered checkpoint: a signed note, or its three lines alone. What is signed must be
 * signed by this guardian; one of its two lines is enough, as in a note not yet cosigned.
 */
export function readExpected(
  text: string,
  { keys, genesis }: Pick<Trust, 'keys' | 'genesis'>,
): Result<Checkpoint, Finding> {
  const ended = text.endsWith('\n') ? text : `${text}\n`;
  const note = parseNote(ended);
  const checkpoint = parseCheckpoint(note.ok ? note.value.text : ended);
  if (!checkpoint.ok) return refuse('expect.malformed', checkpoint.error.message);
  const { origin, size } = checkpoint.value;
  if (size === 0) return refuse('expect.malformed', 'a log of no entries cannot be remembered');
  if (origin !== genesis.origin) {
    return refuse('expect.other_log', `the remembered checkpoint is of ${origin}`);
  }
  const verified = note.ok ? verifyNote(ended, keys) : undefined;
  if (verified?.ok === false) return refuse('expect.bad_signature', verified.error.message);
  return checkpoint;
}

/** Whether the log, at the size remembered, had the root remembered. */
export class Expectation {
  readonly #expected: Checkpoint;

  constructor(expected: Checkpoint) {
    this.#expected = expected;
  }

  /** To be asked at every size of the log, from one. */
  brokenAt(frontier: Frontier): Finding | undefined {
    const { size, root } = this.#expected;
    if (frontier.size !== size || encodeBase64(frontier.root()) === root) return undefined;
    const message = `the first ${size} entries are not those that were remembered`;
    return { code: 'expect.fork', message };
  }

  /** Whether a log that ends at this size is too short. */
  unmetBy(entries: number): Finding | undefined {
    const { size } = this.#expected;
    if (entries >= size) return undefined;
    const message = `${size} entries were remembered, the export has ${entries}`;
    return { code: 'expect.older_export', message };
  }
}

function refuse(code: FindingCode, message: string): Result<never, Finding> {
  return err({ code, message });
}
