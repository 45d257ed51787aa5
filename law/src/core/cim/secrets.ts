import {
  BACKSLASH,
  COLON,
  DASH,
  DOT,
  isDigit,
  isLetter,
  isTokenCode,
  runEnd,
  SLASH,
  SPACE,
} from './characters.ts';
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

/** What every one of these has in it: most names are none at first sight. */
const MAY_NAME = /secret|token|key|credential|pass|pwd|bearer|basic/;

const JOINING = ';,&=:';
const NAMED = /[A-Za-z_][\w. -]{0,47}["']?[=:]/y;
const LEAST_BARE = 24;
const LEAST_KINDS = 4;

const SHORTEST_NAME = 3;
const LONGEST_NAME = 48;
const LONGEST_VALUE = 512;
const LEAST_SECRET = 12;
const LEAST_PASSWORD = 8;
const EQUALS = 61;
const GREATER = 62;
const LESS = 60;
const LINE_FEED = 10;
const MOST_BACKSLASHES = 3;
const DEEPEST = 16;

/** What may stand around a name and its value. */
const QUOTES: readonly number[] = [34, 39, 96];

/** A value that the name before it says is secret, where a name ends. Adds what it finds. */
export function secretAfter(scanning: Scanning, start: number, end: number): void {
  const { text } = scanning;
  if (!mayBeginValue(text.charCodeAt(end))) return;
  const value = valueAfter(text, end);
  if (value === undefined) return;
  const from = nameStart(text, start, end);
  if (end - from < SHORTEST_NAME) return;
  const isNamed = value.isAssigned || isOption(text, from, value) || isElement(text, from, end);
  if (!isNamed && !mayBeScheme(text, start, end)) return;
  const written = text.slice(isNamed ? from : start, end);
  const name = (/[-_]/.test(written) ? written.replaceAll(/[-_]/g, '') : written).toLowerCase();
  if (!MAY_NAME.test(name)) return;
  const isScheme = !isNamed && SCHEMES.includes(name);
  if (!isNamed && !isScheme) return;
  const isPassword = PASSWORD_NAMES.some((each) => name.includes(each));
  if (!isPassword && !isScheme && !SECRET_NAMES.some((each) => name.includes(each))) return;
  if (isScheme && isCredential(text, value.start)) {
    scanning.add('generic_secret', value.start, runEnd(text, value.start, isCredentialCode));
  } else addValue(scanning, value, isPassword);
}

/** RFC 9110 11.2: what stands behind `Bearer`, with digits among letters or longer than words. */
function isCredential(text: string, start: number): boolean {
  const end = runEnd(text, start, isCredentialCode);
  const { letters, digits } = countsOf(text, start, end);
  const isMixture = letters > 0 && digits > 0 && end - start >= LEAST_SECRET;
  return (isMixture || end - start >= LEAST_BARE) && distinct(text, start, end) >= LEAST_KINDS;
}

function isCredentialCode(code: number): boolean {
  return isTokenCode(code) || code === EQUALS || '.~+/'.includes(String.fromCharCode(code));
}

/**
 * The end of a value without quotes, past `;`, `,`, `&`, `=` and `:` in it: behind each of those
 * that ends it stands a blank or another name with its value.
 */
function joinedEnd(text: string, start: number, first: number): number {
  let end = first;
  while (end - start < LONGEST_VALUE && JOINING.includes(text.charAt(end))) {
    const next = end + 1;
    if (!isValueCode(text.charCodeAt(next)) || text.charCodeAt(next) === SLASH) break;
    NAMED.lastIndex = next;
    if (NAMED.test(text)) break;
    end = runEnd(text, next, isValueCode, LONGEST_VALUE);
  }
  return end;
}

/** It is judged by its first part; inside quotes, the value goes to the closing one. */
function addValue(scanning: Scanning, value: Value, isPassword: boolean): void {
  const { text } = scanning;
  const { start } = value;
  const first = runEnd(text, start, isValueCode, LONGEST_VALUE);
  const last = value.quote === undefined ? joinedEnd(text, start, first) : first;
  const padded = runEnd(text, last, (code) => code === EQUALS, 2);
  const stop = trimmed(text, start, padded);
  const closed = value.quote === undefined ? undefined : quoteEnd(text, start, value.quote);
  const end = Math.max(stop, closed ?? stop);
  if (value.isBelow && text.charCodeAt(stop) > SPACE && closed === undefined) return;
  if (isStrong(text, start, stop)) scanning.add('generic_secret', start, end);
  else if (!isPassword || value.isBelow) return;
  else if (isMixed(text, start, stop) || isOneWord(text, start, end)) {
    scanning.add('generic_secret', start, end, 'medium');
  }
}

/** The closing quote on the same line; one with more backslashes before it is in the value. */
function quoteEnd(text: string, start: number, quote: string): number | undefined {
  const last = Math.min(text.length, start + LONGEST_VALUE);
  const depth = quote.length - 1;
  const sign = quote.charCodeAt(depth);
  for (let at = start; at < last; at++) {
    const slashes = runEnd(text, at, (code) => code === BACKSLASH, LONGEST_VALUE);
    const code = text.charCodeAt(slashes);
    if (code === LINE_FEED) return undefined;
    const count = slashes - at;
    const isClosing = count <= depth || (depth === 0 && count % 2 === 0);
    if (code === sign && isClosing) return at;
    at = slashes;
  }
  return undefined;
}

/** A mixed value without blanks, and no address of a page about it. */
function isOneWord(text: string, start: number, end: number): boolean {
  const value = text.slice(start, end);
  return !/\s|:\/\//.test(value) && isMixed(text, start, end);
}

/** Dashes join a name as underscores do; of a long one the end tells. */
function nameStart(text: string, start: number, end: number): number {
  const first = Math.max(0, end - LONGEST_NAME);
  let at = Math.max(start, first);
  while (at > first && isTokenCode(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** `--name value`; what begins like another option or a path is no value. */
function isOption(text: string, start: number, value: Value): boolean {
  const first = text.charCodeAt(value.start);
  return text.charCodeAt(start) === DASH && first !== DASH && first !== SLASH;
}

/** `<name>value</name>`. */
function isElement(text: string, start: number, end: number): boolean {
  return text.charCodeAt(start - 1) === LESS && text.charCodeAt(end) === GREATER;
}

const VALUE_SIGNS: readonly number[] = [SPACE, 9, COLON, EQUALS, GREATER, BACKSLASH, ...QUOTES];

function mayBeginValue(code: number): boolean {
  return VALUE_SIGNS.includes(code);
}

/** Most pairs of words are not even of the length of one. */
function mayBeScheme(text: string, start: number, end: number): boolean {
  const length = end - start;
  return (length === 5 || length === 6) && (text.charCodeAt(start) | 32) === 98;
}

type Value = {
  readonly start: number;
  readonly isAssigned: boolean;
  /** Whether it stands on the line below its name. */
  readonly isBelow: boolean;
  /** The quote it stands in, with the backslashes before it. */
  readonly quote: string | undefined;
};

/** `name = "value"`, `"name": "value"`, `name: value`, `name => value`, `Bearer value`. */
function valueAfter(text: string, end: number): Value | undefined {
  let at = quoteAt(text, end) ?? end;
  at = blanksEnd(text, at);
  const sign = text.charCodeAt(at);
  const isAssigned = sign === EQUALS || sign === COLON;
  let isBelow = false;
  if (isAssigned) {
    at += 1;
    const next = text.charCodeAt(at);
    if (next === GREATER || next === EQUALS) at += 1;
    const behind = blanksEnd(text, at);
    at = lineStart(text, behind);
    isBelow = at > behind;
  } else if (sign === GREATER && at === end) at += 1;
  else if (at === end) return undefined;
  const quoted = quoteAt(text, at);
  const start = quoted ?? at;
  const begins = quoted === undefined ? isValueCode : isQuotedCode;
  if (!begins(text.charCodeAt(start))) return undefined;
  const quote = quoted === undefined ? undefined : text.slice(at, quoted);
  return { start, isAssigned, isBelow, quote };
}

/** Behind a quote and the backslashes before it, where there is one. */
function quoteAt(text: string, at: number): number | undefined {
  const quote = runEnd(text, at, (code) => code === BACKSLASH, MOST_BACKSLASHES);
  return QUOTES.includes(text.charCodeAt(quote)) ? quote + 1 : undefined;
}

function blanksEnd(text: string, from: number): number {
  return runEnd(text, from, (code) => code === SPACE || code === 9, 4);
}

/** Where the line below begins, when this one ends here and that one is indented. */
function lineStart(text: string, at: number): number {
  const below = runEnd(text, at, (code) => code === LINE_FEED || code === 13, 2);
  const start = runEnd(text, below, (code) => code === SPACE || code === 9, DEEPEST);
  return below > at && start > below ? start : at;
}

/** Printable ASCII but quotes, brackets, and what stands between two names or values. */
function isValueCode(code: number): boolean {
  return VALUE_CODES[code] === 1;
}

const VALUE_CODES = Uint8Array.from({ length: 127 }, (_, code) => {
  const isOther = code <= SPACE || '"\'`,;:&=()[]{}<>\\'.includes(String.fromCharCode(code));
  return isOther ? 0 : 1;
});

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
