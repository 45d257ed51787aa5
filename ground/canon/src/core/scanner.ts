import type { CanonCode, CanonError } from './codes.ts';
import { isUnsafeInteger } from './limits.ts';
import { pointerStep } from './pointer.ts';

/** A reader's position. `first` is the first fault of meaning: the scan goes on past it. */
type Scan = {
  readonly text: string;
  readonly maxDepth: number;
  readonly path: (string | number)[];
  at: number;
  first: CanonError | undefined;
  /** What ended the scan: the text is no JSON, or nests too deep. */
  stop: CanonError | undefined;
};

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const PLAIN_INTEGER = /^-?[0-9]+$/;
const UNESCAPED = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))/y;
const LITERALS = ['true', 'false', 'null'];
const MEANINGS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads a text token by token and names the first reason it is not I-JSON, or returns undefined
 * when there is none. Slow and exact: `parseStrict` asks it only when something looks wrong.
 */
export function findFault(text: string, maxDepth: number): CanonError | undefined {
  const scan: Scan = { text, maxDepth, path: [], at: 0, first: undefined, stop: undefined };
  skipSpace(scan);
  if (!scanValue(scan, 0)) return scan.stop;
  skipSpace(scan);
  if (scan.at < text.length) {
    stopAt(scan, 'canon.syntax', 'text after the end of the value');
    return scan.stop;
  }
  return scan.first;
}

/** Each scan function leaves `at` past what it read; false when the scan has stopped. */
function scanValue(scan: Scan, depth: number): boolean {
  const next = scan.text[scan.at];
  if (next === '{' || next === '[') {
    if (depth >= scan.maxDepth) {
      return stopAt(scan, 'canon.too_deep', `nested deeper than ${scan.maxDepth}`);
    }
    return next === '{' ? scanObject(scan, depth + 1) : scanArray(scan, depth + 1);
  }
  if (next === '"') return scanString(scan) !== undefined;
  if (next === '-' || (next !== undefined && next >= '0' && next <= '9')) return scanNumber(scan);
  for (const literal of LITERALS) {
    if (scan.text.startsWith(literal, scan.at)) {
      scan.at += literal.length;
      return true;
    }
  }
  return stopAt(scan, 'canon.syntax', 'expected a value');
}

function scanObject(scan: Scan, depth: number): boolean {
  const seen = new Set<string>();
  scan.at += 1;
  skipSpace(scan);
  if (take(scan, '}')) return true;
  for (;;) {
    const keyAt = scan.at;
    if (scan.text[keyAt] !== '"') return stopAt(scan, 'canon.syntax', 'expected a member name');
    const key = scanString(scan);
    if (key === undefined) return false;
    scan.path.push(key);
    if (seen.has(key)) note(scan, 'canon.duplicate_key', keyAt, 'a member name occurs twice');
    seen.add(key);
    skipSpace(scan);
    if (!take(scan, ':')) return stopAt(scan, 'canon.syntax', 'expected a colon');
    skipSpace(scan);
    if (!scanValue(scan, depth)) return false;
    scan.path.pop();
    skipSpace(scan);
    if (take(scan, '}')) return true;
    if (!take(scan, ',')) return stopAt(scan, 'canon.syntax', 'expected a comma or a brace');
    skipSpace(scan);
  }
}

function scanArray(scan: Scan, depth: number): boolean {
  scan.at += 1;
  skipSpace(scan);
  if (take(scan, ']')) return true;
  for (let index = 0; ; index += 1) {
    scan.path.push(index);
    if (!scanValue(scan, depth)) return false;
    scan.path.pop();
    skipSpace(scan);
    if (take(scan, ']')) return true;
    if (!take(scan, ',')) return stopAt(scan, 'canon.syntax', 'expected a comma or a bracket');
    skipSpace(scan);
  }
}

function scanString(scan: Scan): string | undefined {
  const start = scan.at;
  let decoded = '';
  scan.at += 1;
  for (;;) {
    decoded += matchAt(scan, UNESCAPED)?.[0] ?? '';
    if (take(scan, '"')) break;
    const escaped = matchAt(scan, ESCAPE);
    if (escaped === undefined) {
      const message = 'an unfinished string, a raw control character or an unknown escape';
      stopAt(scan, 'canon.syntax', message);
      return undefined;
    }
    const [, short, hex] = escaped;
    if (short !== undefined) decoded += MEANINGS[short] ?? short;
    else decoded += String.fromCharCode(Number.parseInt(hex ?? '', 16));
  }
  if (!decoded.isWellFormed()) {
    note(scan, 'canon.lone_surrogate', start, 'a string holds half of a surrogate pair');
  }
  return decoded;
}

function scanNumber(scan: Scan): boolean {
  const start = scan.at;
  const literal = matchAt(scan, NUMBER)?.[0];
  if (literal === undefined) return stopAt(scan, 'canon.syntax', 'expected a digit');
  const value = Number(literal);
  const isPlainBeyond = PLAIN_INTEGER.test(literal) && !Number.isSafeInteger(value);
  if (isUnsafeInteger(value) || (isPlainBeyond && Number.isFinite(value))) {
    const message = 'an integer beyond 2^53-1 must be written as a decimal string';
    note(scan, 'canon.unsafe_integer', start, message);
  } else if (!Number.isFinite(value)) {
    note(scan, 'canon.not_finite', start, 'a number too large for a double');
  }
  return true;
}

function skipSpace(scan: Scan): void {
  matchAt(scan, SPACE);
}

function take(scan: Scan, character: string): boolean {
  if (scan.text[scan.at] !== character) return false;
  scan.at += 1;
  return true;
}

function matchAt(scan: Scan, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = scan.at;
  const match = pattern.exec(scan.text);
  if (match === null) return undefined;
  scan.at = pattern.lastIndex;
  return match;
}

function stopAt(scan: Scan, code: CanonCode, message: string): false {
  scan.stop = fault(scan, code, scan.at, message);
  return false;
}

function note(scan: Scan, code: CanonCode, offset: number, message: string): void {
  scan.first ??= fault(scan, code, offset, message);
}

function fault(scan: Scan, code: CanonCode, offset: number, message: string): CanonError {
  const pointer = scan.path.map(pointerStep).join('');
  return { code, pointer, offset, message: `${message} (at ${offset})` };
}
