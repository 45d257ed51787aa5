import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { NoteError } from './codes.ts';

/** Base64 of the 32 bytes of a log root. */
export type RootText = string;

/** A log's head as C2SP tlog-checkpoint has it, without extension lines. */
export type Checkpoint = {
  /** Which log: one line, at most 255 bytes of UTF-8. */
  readonly origin: string;
  readonly size: number;
  readonly root: RootText;
};

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const ROOT_SIZE = 32;
const MAX_ORIGIN_BYTES = 255;

/** The note text of a checkpoint: three lines. The parts are checked by reading it back. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root}\n`;
}

/**
 * Reads a checkpoint's note text. Extension lines are refused: an ML-DSA-44 cosignature does not
 * cover them (C2SP tlog-cosignature), so one key would vouch for what the other never saw.
 */
export function parseCheckpoint(text: string): Result<Checkpoint, NoteError> {
  const lines = text.split('\n');
  const [origin = '', sizeText = '', root = '', end] = lines;
  if (lines.length !== 4 || end !== '') {
    return malformed('a checkpoint is three lines: origin, size, root');
  }
  if (!isOrigin(origin)) return malformed('the origin is empty, too long or not plain text');
  const size = Number(sizeText);
  if (!SIZE.test(sizeText) || !Number.isSafeInteger(size)) {
    return malformed('the size is not a decimal number below 2^53 without leading zeros');
  }
  if (decodeBase64(root)?.length !== ROOT_SIZE) {
    return malformed('the root is not base64 of 32 bytes');
  }
  return ok({ origin, size, root });
}

function isOrigin(origin: string): boolean {
  if (origin === '' || !origin.isWellFormed() || /[\u0000-\u001f]/.test(origin)) return false;
  return encodeUtf8(origin).length <= MAX_ORIGIN_BYTES;
}

function malformed(message: string): Result<never, NoteError> {
  return err({ code: 'note.malformed', message });
}
