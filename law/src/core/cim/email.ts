import { AT, DASH, DOT, isAlphanumeric, runEnd } from './characters.ts';
import type { Scanning } from './scanning.ts';

const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
const LONGEST_LABEL = 63;

/** An address around an `@` (RFC 5321 limits, without quoted local parts). Adds what it finds. */
export function emailAt(scanning: Scanning, at: number): number {
  const { text } = scanning;
  let start = at;
  while (start > 0 && at - start < LONGEST_LOCAL && isLocal(text.charCodeAt(start - 1))) start -= 1;
  while (start < at && isOutside(text.charCodeAt(start))) start += 1;
  if (start === at || isOutside(text.charCodeAt(at - 1))) return at + 1;
  const end = domainEnd(text, at + 1);
  if (end === undefined) return at + 1;
  scanning.add('email', start, end);
  return end;
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
