/** Code units the detectors go by. Texts are folded first, so ASCII is enough. */
export const AT = 64;
export const PLUS = 43;
export const DASH = 45;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SPACE = 32;
export const OPEN = 40;
export const CLOSE = 41;
export const OPEN_SQUARE = 91;
export const OPEN_BRACE = 123;
export const UNDERSCORE = 95;
export const BACKSLASH = 92;
const PERCENT = 37;

const ZERO = 48;

export function isDigit(code: number): boolean {
  return code >= ZERO && code <= 57;
}

export function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

/** Letter, digit or underscore; also anything beyond ASCII, where no token of ours begins. */
function isWordCode(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === UNDERSCORE || code >= 128;
}

export function isAlphanumeric(code: number): boolean {
  return isLetter(code) || isDigit(code);
}

/** What tokens in base64url and most others are made of. */
export function isTokenCode(code: number): boolean {
  return isAlphanumeric(code) || code === UNDERSCORE || code === DASH;
}

export function isHex(code: number): boolean {
  const lower = code | 32;
  return isDigit(code) || (lower >= 97 && lower <= 102);
}

export function digitAt(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO;
}

/** Where the run of such code units that begins here ends; at most `most` of them. */
export function runEnd(
  text: string,
  from: number,
  accepts: (code: number) => boolean,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const last = Math.min(text.length, from + most);
  let at = from;
  while (at < last && accepts(text.charCodeAt(at))) at += 1;
  return at;
}

/** Which code units are meant; all beyond ASCII stand in the last place. */
type CodeSet = Uint8Array;

const ASCII = 128;

function setOf(accepts: (code: number) => boolean): CodeSet {
  return Uint8Array.from({ length: ASCII + 1 }, (_, code) => (accepts(code) ? 1 : 0));
}

/** The same as `runEnd`, for runs that may be as long as the text. */
function setEnd(text: string, from: number, codes: CodeSet): number {
  const { length } = text;
  let at = from;
  while (at < length && codes[Math.min(text.charCodeAt(at), ASCII)] === 1) at += 1;
  return at;
}

const WORD_CODES = setOf(isWordCode);
const TOKEN_CODES = setOf(isTokenCode);
const ADDRESS_CODES = setOf((code) => isHex(code) || code === COLON || code === DOT);

/** Where a word ends, by which most of a text is read. */
export function wordEnd(text: string, from: number): number {
  return setEnd(text, from, WORD_CODES);
}

export function tokenEnd(text: string, from: number): number {
  return setEnd(text, from, TOKEN_CODES);
}

/** Where the characters end that addresses of both versions are made of. */
export function addressEnd(text: string, from: number): number {
  return setEnd(text, from, ADDRESS_CODES);
}

/** The same as `runEnd` of `isDigit`. */
export function digitsEnd(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

/** Whether a token may begin here: what stands before is not part of a word. */
export function isWordBoundary(text: string, at: number): boolean {
  return at <= 0 || at >= text.length || !isWordCode(text.charCodeAt(at));
}

/** Whether a token may begin here: at a boundary, or behind an escape such as `\n` or `%0A`. */
export function isWordStart(text: string, at: number): boolean {
  return isWordBoundary(text, at - 1) || isBehindEscape(text, at);
}

/** Where an escape goes on to whose sign stands just before; this place when there is none. */
export function escapeEnd(text: string, at: number): number {
  const sign = text.charCodeAt(at - 1);
  if (sign !== BACKSLASH && sign !== PERCENT) return at;
  for (const size of [1, 2, 3, 5]) if (isBehindEscape(text, at + size)) return at + size;
  return at;
}

function isBehindEscape(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 6), at);
  return /(?:\\[0bfnrtv]|%[0-9a-f]{2}|\\x[0-9a-f]{2}|\\u[0-9a-f]{4})$/i.test(before);
}
