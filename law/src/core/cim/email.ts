import { AT, DASH, DOT, isAlphanumeric, runEnd, SPACE } from './characters.ts';
import type { Scanning } from './scanning.ts';

const QUOTE = 34;
const SMALL_A = 97;
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
const LONGEST_LABEL = 63;

/** An address around an `@` (RFC 5321 limits). Adds what it finds. */
export function emailAt(scanning: Scanning, at: number): number {
  const { text } = scanning;
  let start = at;
  while (start > 0 && at - start < LONGEST_LOCAL && isLocal(text.charCodeAt(start - 1))) start -= 1;
  while (start < at && isOutside(text.charCodeAt(start))) start += 1;
  if (text.charCodeAt(at - 1) === QUOTE) start = quotedStart(text, at) ?? at;
  else if (isOutside(text.charCodeAt(at - 1))) return at + 1;
  if (start === at) return at + 1;
  const end = domainEnd(text, at + 1);
  if (end === undefined) return at + 1;
  scanning.add('email', start, end);
  return end;
}

/** `"john doe"@example.com`: where the quote opens on the same line (RFC 5321 4.1.2). */
function quotedStart(text: string, at: number): number | undefined {
  const line = text.slice(Math.max(0, at - LONGEST_LOCAL - 2), at - 1);
  const opening = line.lastIndexOf('"');
  const local = line.slice(opening + 1);
  const isLocalPart = opening >= 0 && local.trim() !== '' && !/[\n@]/.test(local);
  return isLocalPart ? at - 2 - local.length : undefined;
}

const LABEL = '[a-z0-9-]{1,63}(?:\\.| ?[([{] ?dot ?[)\\]}] ?)';
const DISGUISED = new RegExp(
  ` ?[([{] ?at ?[)\\]}] ?(?:${LABEL}){1,8}[a-z]{2,24}(?![a-z0-9-])`,
  'iy',
);

/** `bob (at) example [dot] com`, from the bracket on. Adds what it finds; whether it did. */
export function disguisedEmailAt(scanning: Scanning, bracket: number): boolean {
  const { text } = scanning;
  if ((text.charCodeAt(bracket + 1) | 32) !== SMALL_A && text.charCodeAt(bracket + 1) !== SPACE)
    return false;
  const from = text.charCodeAt(bracket - 1) === SPACE ? bracket - 1 : bracket;
  DISGUISED.lastIndex = from;
  const found = DISGUISED.exec(text)?.[0];
  if (found === undefined) return false;
  let start = from;
  while (start > 0 && from - start < LONGEST_LOCAL && isLocal(text.charCodeAt(start - 1)))
    start -= 1;
  while (start < from && isOutside(text.charCodeAt(start))) start += 1;
  if (start === from) return false;
  scanning.add('email', start, from + found.length, 'medium');
  return true;
}

/** Letters beyond ASCII count: RFC 6531 addresses have them. */
function isLocal(code: number): boolean {
  return isAlphanumeric(code) || code >= 128 || (code > 32 && LOCAL_SIGNS.includes(code));
}

/** RFC 5321 has more; in running text those stand between an address and something else. */
const LOCAL_SIGNS: readonly number[] = codesOf(".+-_%'/#!$&*~^");
/** Inside a local part they belong to it, before it they are quotes, paths and emphasis. */
const OUTSIDE_SIGNS: readonly number[] = codesOf(".'/#!$&*~^");

function codesOf(signs: string): readonly number[] {
  return [...signs].map((sign) => sign.charCodeAt(0));
}

function isOutside(code: number): boolean {
  return code < 128 && OUTSIDE_SIGNS.includes(code);
}

/** Two labels or more, the last of letters; a dot that ends the sentence stays outside. */
function domainEnd(text: string, from: number): number | undefined {
  const limit = runEnd(text, from, isDomainCode, LONGEST_DOMAIN);
  let end: number | undefined;
  let at = from;
  for (let labels = 1; at < limit; labels++) {
    const stop = runEnd(text, at, isLabelCode, LONGEST_LABEL);
    const last = text.charCodeAt(stop - 1) === DASH ? stop - 1 : stop;
    if (stop === at || text.charCodeAt(at) === DASH) break;
    if (labels > 1 && isTopLevel(text, at, last)) end = last;
    if (last !== stop || text.charCodeAt(stop) !== DOT) break;
    at = stop + 1;
  }
  return end;
}

function isLabelCode(code: number): boolean {
  return isAlphanumeric(code) || code === DASH || code >= 128;
}

function isDomainCode(code: number): boolean {
  return isLabelCode(code) || code === DOT;
}

/** Two characters or more, none of them a digit, or Punycode. */
function isTopLevel(text: string, start: number, end: number): boolean {
  if (end - start < 2) return false;
  if (text.slice(start, start + 4).toLowerCase() === 'xn--') return true;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === AT || (code < 128 && (code | 32) < 97)) return false;
  }
  return true;
}
