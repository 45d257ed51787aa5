import { decodeBase64, encodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import type { NoteError } from './codes.ts';

/** C2SP signed-note, types: Ed25519 over the text; cosignatures with a time. */
export const NOTE_ED25519 = 0x01;
export const NOTE_ED25519_COSIGNATURE = 0x04;
export const NOTE_ML_DSA_44 = 0x06;

export type NoteKeyType =
  | typeof NOTE_ED25519
  | typeof NOTE_ED25519_COSIGNATURE
  | typeof NOTE_ML_DSA_44;

/** One signature line: who signed, with which key, and what follows the key id. */
export type NoteSignature = {
  readonly name: string;
  /** The first four bytes of the key's hash, as an unsigned number: a hint, not an identity. */
  readonly keyId: number;
  readonly signature: Uint8Array;
};

export type Note = {
  /** Ends in a newline; what Ed25519 signs. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

// C2SP asks for at least 16; post-quantum lines are long, hence a bound on the whole.
const MAX_SIGNATURES = 32;
const MAX_LENGTH = 256 * 1024;
const MAX_NAME_BYTES = 255;
const KEY_ID_SIZE = 4;
const LINE_START = '\u2014 ';
const NOT_IN_A_NAME = /[\s\u0085+]/u;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** C2SP signed-note: the short name of a key under the name it signs with. */
export function noteKeyId(name: string, type: NoteKeyType, publicKey: Uint8Array): number {
  const prefix = encodeUtf8(`${name}\n`);
  const input = new Uint8Array(prefix.length + 1 + publicKey.length);
  input.set(prefix, 0);
  input[prefix.length] = type;
  input.set(publicKey, prefix.length + 1);
  return new DataView(sha256(input).buffer).getUint32(0);
}

export function formatNote(note: Note): string {
  return `${note.text}\n${formatSignatures(note.signatures)}`;
}

/** Signature lines by themselves: what a witness answers (C2SP tlog-witness). */
export function formatSignatures(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatLine).join('');
}

/** One or more signature lines and nothing else, spelled as `formatSignatures` gives them. */
export function parseSignatures(lines: string): Result<NoteSignature[], NoteError> {
  if (lines.length > MAX_LENGTH || !lines.endsWith('\n')) {
    return malformed('signature lines each end in a newline');
  }
  const texts = lines.slice(0, -1).split('\n');
  if (texts.length > MAX_SIGNATURES) return malformed(`more than ${MAX_SIGNATURES} signatures`);
  const signatures = texts.map(parseLine).filter((signature) => signature !== undefined);
  if (signatures.length < texts.length) return malformed('a signature line is not as it must be');
  return ok(signatures);
}

/** Reads a signed note. Only the spelling that `formatNote` gives is accepted. */
export function parseNote(input: string): Result<Note, NoteError> {
  if (input.length > MAX_LENGTH) return malformed('the note is too long');
  if (!input.isWellFormed() || CONTROL.test(input)) {
    return malformed('a note is UTF-8 without control characters other than newline');
  }
  const blank = input.lastIndexOf('\n\n');
  if (blank < 0 || !input.endsWith('\n')) {
    return malformed('a note is a text, an empty line and signature lines');
  }
  const signatures = parseSignatures(input.slice(blank + 2));
  return signatures.ok
    ? ok({ text: input.slice(0, blank + 1), signatures: signatures.value })
    : signatures;
}

/** Whether a key may sign under this name: 1 to 255 bytes of UTF-8, no spaces, no plus. */
export function isNoteName(name: string): boolean {
  if (name === '' || !name.isWellFormed()) return false;
  if (NOT_IN_A_NAME.test(name) || CONTROL.test(name)) return false;
  return encodeUtf8(name).length <= MAX_NAME_BYTES;
}

function parseLine(line: string): NoteSignature | undefined {
  if (!line.startsWith(LINE_START)) return undefined;
  const [name = '', encoded = '', ...rest] = line.slice(LINE_START.length).split(' ');
  if (rest.length > 0 || !isNoteName(name)) return undefined;
  const bytes = decodeBase64(encoded);
  if (bytes === undefined || bytes.length <= KEY_ID_SIZE) return undefined;
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { name, keyId, signature: bytes.slice(KEY_ID_SIZE) };
}

function formatLine(line: NoteSignature): string {
  const bytes = new Uint8Array(KEY_ID_SIZE + line.signature.length);
  new DataView(bytes.buffer).setUint32(0, line.keyId);
  bytes.set(line.signature, KEY_ID_SIZE);
  return `${LINE_START}${line.name} ${encodeBase64(bytes)}\n`;
}

function malformed(message: string): Result<never, NoteError> {
  return err({ code: 'note.malformed', message });
}
