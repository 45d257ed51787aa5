import { COLON, DOT, isDigit, isLetter, runEnd, SPACE } from './characters.ts';
import type { Scanning } from './scanning.ts';
import { distinct } from './tokens.ts';

/** Parts of names whose value is a secret, in lower case without `_` and `-`. */
const SECRET_NAMES: readonly string[] = [
  'secret',
  'token',
  'apikey',
  'accesskey',
  'privatekey',
  'credential',
  'authkey',
  'signingkey',
  'encryptionkey',
];
/** Names whose value a person made up, so that less is asked of it. */
const PASSWORD_NAMES: readonly string[] = ['passwd', 'password', 'passphrase', 'pwd'];
/** Schemes that stand before a credential without any sign between. */
const SCHEMES: readonly string[] = ['bearer', 'basic'];

const LONGEST_NAME = 48;
const LONGEST_VALUE = 512;
const LEAST_SECRET = 12;
const LEAST_PASSWORD = 8;
const EQUALS = 61;
const GREATER = 62;
const BACKSLASH = 92;
const LINE_FEED = 10;

/** What quotes and blanks may stand between a name and its value. */
const QUOTES: readonly number[] = [34, 39, 96];

/** A value that the name before it says is secret, where a name ends. Adds what it finds. */
export function secretAfter(scanning: Scanning, start: number, end: number): void {
  const { text } = scanning;
  if (end - start > LONGEST_NAME) return;
  if (!mayBeginValue(text.charCodeAt(end))) return;
  const value = valueAfter(text, end);
  if (value === undefined || (!value.isAssigned && !mayBeScheme(text, start, end))) return;
  const name = text.slice(start, end).toLowerCase().replaceAll('_', '');
  const isScheme = !value.isAssigned && SCHEMES.includes(name);
  if (!value.isAssigned && !isScheme) return;
  const isPassword = PASSWORD_NAMES.some((each) => name.includes(each));
  if (!isPassword && !isScheme && !SECRET_NAMES.some((each) => name.includes(each))) return;
  addValue(scanning, value, isPassword);
}

/** It is judged by its first part; inside quotes, the value goes to the closing one. */
function addValue(scanning: Scanning, value: Value, isPassword: boolean): void {
  const { text } = scanning;
  const { start } = value;
  const last = runEnd(text, start, isValueCode, LONGEST_VALUE);
  const padded = runEnd(text, last, (code) => code === EQUALS, 2);
  const stop = trimmed(text, start, padded);
  const closed = value.quote === undefined ? undefined : quoteEnd(text, start, value.quote);
  const end = Math.max(stop, closed ?? stop);
  if (isStrong(text, start, stop)) scanning.add('generic_secret', start, end);
  else if (!isPassword) return;
  else if (isMixed(text, start, stop) || isOneWord(text, start, end)) {
    scanning.add('generic_secret', start, end, 'medium');
  }
}

/** The closing quote on the same line; what a backslash stands before is part of the value. */
function quoteEnd(text: string, start: number, quote: number): number | undefined {
  const last = Math.min(text.length, start + LONGEST_VALUE);
  for (let at = start; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === LINE_FEED) return undefined;
    if (code === BACKSLASH) at += 1;
  }
  return undefined;
}

/** A mixed value without blanks, and no address of a page about it. */
function isOneWord(text: string, start: number, end: number): boolean {
  const value = text.slice(start, end);
  return !/\s|:\/\//.test(value) && isMixed(text, start, end);
}

/** A blank, a quote, `:` or `=`. */
function mayBeginValue(code: number): boolean {
  return (
    code === SPACE ||
    code === COLON ||
    code === EQUALS ||
    code === 34 ||
    code === 39 ||
    code === 96 ||
    code === 9
  );
}

/** Most pairs of words are not even of the length of one. */
function mayBeScheme(text: string, start: number, end: number): boolean {
  const length = end - start;
  return (length === 5 || length === 6) && (text.charCodeAt(start) | 32) === 98;
}

type Value = {
  readonly start: number;
  readonly isAssigned: boolean;
  /** The quote it stands in. */
  readonly quote: number | undefined;
};

/** `name = "value"`, `"name": "value"`, `name: value`, `name => value`, `Bearer value`. */
function valueAfter(text: string, end: number): Value | undefined {
  let at = end;
  if (QUOTES.includes(text.charCodeAt(at))) at += 1;
  at = blanksEnd(text, at);
  const sign = text.charCodeAt(at);
  const isAssigned = sign === EQUALS || sign === COLON;
  if (isAssigned) {
    at += 1;
    const next = text.charCodeAt(at);
    if (next === GREATER || next === EQUALS) at += 1;
    at = blanksEnd(text, at);
  } else if (at === end) return undefined;
  const quote = QUOTES.find((each) => each === text.charCodeAt(at));
  if (quote !== undefined) at += 1;
  const begins = quote === undefined ? isValueCode : isQuotedCode;
  return begins(text.charCodeAt(at)) ? { start: at, isAssigned, quote } : undefined;
}

function blanksEnd(text: string, from: number): number {
  return runEnd(text, from, (code) => code === SPACE || code === 9, 4);
}

/** Printable ASCII but quotes, brackets, and what stands between two names or values. */
function isValueCode(code: number): boolean {
  if (code <= SPACE || code >= 127) return false;
  return !'"\'`,;:&=()[]{}<>\\'.includes(String.fromCharCode(code));
}

/** Inside quotes any sign but a quote begins a value. */
function isQuotedCode(code: number): boolean {
  return code > SPACE && code < 127 && !QUOTES.includes(code);
}

/** A full stop or the like that ends the sentence is not part of the value. */
function trimmed(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text.charCodeAt(last - 1) === DOT) last -= 1;
  return last;
}

type Counts = { letters: number; digits: number; others: number; changes: number };

/**
 * Whether it looks drawn by lot: long, of letters and digits, many different ones, and changing
 * often between small letters, capitals, digits and signs. Ratios of whole numbers.
 */
function isStrong(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < LEAST_SECRET) return false;
  const { letters, digits, changes } = countsOf(text, start, end);
  if (letters === 0 || digits === 0) return false;
  const different = distinct(text, start, end);
  return different * 2 >= Math.min(length, 16) && changes * 5 >= length;
}

/** A password of some length with more than one kind of character. */
function isMixed(text: string, start: number, end: number): boolean {
  const { letters, digits, others } = countsOf(text, start, end);
  const isLong = end - start >= LEAST_PASSWORD;
  return isLong && letters > 0 && (digits > 0 || others > 0) && distinct(text, start, end) >= 5;
}

function countsOf(text: string, start: number, end: number): Counts {
  const counts = { letters: 0, digits: 0, others: 0, changes: 0 };
  let before = -1;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    const kind = isDigit(code) ? 0 : isLetter(code) ? 1 + ((code >> 5) & 1) : 3;
    if (kind === 0) counts.digits += 1;
    else if (kind === 3) counts.others += 1;
    else counts.letters += 1;
    if (kind !== before && before !== -1) counts.changes += 1;
    before = kind;
  }
  return counts;
}
