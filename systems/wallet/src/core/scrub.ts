import { decodeBase64, decodeHex, encodeUtf8 } from '@ioi/basis';
import { formsOf, latin1 } from './forms.ts';
import { redactText } from './redact.ts';

const PLACEHOLDER = '[redacted]';
/** Encodings inside encodings: base64 of JSON of percent signs and the like. */
const DEEPEST = 4;
const SHORTEST_RUN = 12;
const BASE64_RUN = /[A-Za-z0-9+/_-]{4}[A-Za-z0-9+/_\-\r\n]{8,}={0,2}/g;
const HEX_RUN = /(?:[0-9a-fA-F]{2}[ :,]?){6,}/g;

/** Opens what is compressed; undefined where it is not. */
export type Inflate = (bytes: Uint8Array) => Uint8Array | undefined;

/**
 * Takes secrets out of a whole answer, however it writes them: what is spelt out is replaced, and
 * what decodes to something that holds one is replaced as a whole. Bytes are a Latin-1 text.
 */
export function scrub(text: string, secrets: readonly string[], inflate: Inflate): string {
  const raw = secrets.filter((each) => each !== '');
  const plain = redactText(text, raw.flatMap(formsOf));
  const scrubbing = { raw: raw.map((each) => latin1(encodeUtf8(each))), inflate };
  const unspelt = cut(plain, spans(plain, scrubbing));
  return cut(unspelt, encodedSpans(unspelt, scrubbing, 0));
}

type Scrubbing = { readonly raw: readonly string[]; readonly inflate: Inflate };
type Span = { readonly from: number; readonly to: number };

const PERCENT = [/%[0-9a-fA-F]{2}/y];
const BACKSLASH = [/\\u[0-9a-fA-F]{4}/y, /\\x[0-9a-fA-F]{2}/y, /\\["\\/]/y];
const ENTITY = [/&#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,7});?/y];
/** Each alone, since a secret may hold what looks like an escape of another; and all at once. */
const FAMILIES = [PERCENT, BACKSLASH, ENTITY, [...PERCENT, ...BACKSLASH, ...ENTITY]];

/** A text with its escapes read, and where each letter of it begins in the one that was given. */
type Reading = { readonly text: string; readonly starts: readonly number[]; readonly end: number };

/** Where a secret stands that is spelt in part with escapes, of whatever kind and however often. */
function spans(text: string, { raw }: Scrubbing): Span[] {
  if (!/[%\\&]/.test(text)) return [];
  const found: Span[] = [];
  for (const family of FAMILIES) {
    let reading: Reading | undefined = { text, starts: [], end: text.length };
    for (let times = 0; times < DEEPEST; times += 1) {
      reading = unescaped(reading, family);
      if (reading === undefined) break;
      for (const secret of raw) found.push(...placesOf(secret, reading));
    }
  }
  return found;
}

/** Undefined where nothing is escaped. */
function unescaped(
  { text, starts: before, end }: Reading,
  family: readonly RegExp[],
): Reading | undefined {
  const letters: string[] = [];
  const starts: number[] = [];
  for (let at = 0; at < text.length; ) {
    const found = escapeAt(text, at, family);
    const letter = found === undefined ? (text[at] as string) : latin1(bytesOf(letterOf(found)));
    for (const each of letter) {
      letters.push(each);
      starts.push(before[at] ?? at);
    }
    at += found?.length ?? 1;
  }
  return letters.length === text.length ? undefined : { text: letters.join(''), starts, end };
}

function placesOf(secret: string, { text, starts, end }: Reading): Span[] {
  const places: Span[] = [];
  for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) {
    places.push({ from: starts[at] as number, to: starts[at + secret.length] ?? end });
  }
  return places;
}

function escapeAt(text: string, at: number, family: readonly RegExp[]): string | undefined {
  const first = text[at];
  if (first !== '%' && first !== '\\' && first !== '&') return undefined;
  for (const pattern of family) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) return found[0];
  }
  return undefined;
}

function letterOf(spelt: string): string {
  if (spelt[0] === '\\' && spelt.length === 2) return spelt[1] as string;
  const digits = spelt.replaceAll(/[^0-9a-fA-F]/g, '');
  const isDecimal = spelt.startsWith('&#') && !/^&#[xX]/.test(spelt);
  const code = Number.parseInt(digits, isDecimal ? 10 : 16);
  return code <= 255 ? String.fromCharCode(code) : String.fromCodePoint(Math.min(code, 0x10ffff));
}

/** Runs of base64 and hex that hold one when they are read, however deep. */
function encodedSpans(text: string, scrubbing: Scrubbing, depth: number): Span[] {
  if (depth >= DEEPEST) return [];
  return [BASE64_RUN, HEX_RUN].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ 0: run, index }) => {
      if (run.length < SHORTEST_RUN) return [];
      const isIn = readings(run, pattern).some((bytes) => holds(bytes, scrubbing, depth + 1));
      return isIn ? [{ from: index, to: index + run.length }] : [];
    }),
  );
}

function readings(run: string, pattern: RegExp): Uint8Array[] {
  if (pattern === HEX_RUN)
    return given(decodeHex(run.replaceAll(/[^0-9a-fA-F]/g, '').toLowerCase()));
  const letters = run
    .replaceAll(/[\r\n=]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  // Words before it, run together with it, shift where it begins.
  return [0, 1, 2, 3].flatMap((shift) => {
    const rest = letters.slice(shift);
    const whole = rest.slice(0, rest.length - (rest.length % 4 === 1 ? 1 : 0));
    return given(decodeBase64(withoutRest(whole)));
  });
}

/** Padded, and with the bits that stand for nothing set to none. */
function withoutRest(letters: string): string {
  const over = letters.length % 4;
  if (over === 0) return letters;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = alphabet.indexOf(letters.at(-1) as string);
  const kept = alphabet[last & (over === 2 ? 0b110000 : 0b111100)] as string;
  return `${letters.slice(0, -1)}${kept}${'='.repeat(4 - over)}`;
}

function holds(bytes: Uint8Array, scrubbing: Scrubbing, depth: number): boolean {
  const opened = scrubbing.inflate(bytes);
  return [bytes, ...given(opened)].some((each) => {
    const text = latin1(each);
    if (scrubbing.raw.some((secret) => text.includes(secret))) return true;
    return spans(text, scrubbing).length > 0 || encodedSpans(text, scrubbing, depth).length > 0;
  });
}

function given<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function cut(text: string, places: readonly Span[]): string {
  const sorted = [...places].sort((one, other) => one.from - other.from);
  let rest = '';
  let at = 0;
  for (const { from, to } of sorted) {
    if (to <= at) continue;
    // One that begins within the last is part of what was replaced.
    if (from >= at) rest += text.slice(at, from) + PLACEHOLDER;
    at = to;
  }
  return rest + text.slice(at);
}

/** A byte for itself, what is larger as UTF-8. */
function bytesOf(letter: string): Uint8Array {
  const code = letter.codePointAt(0) as number;
  return code <= 255 ? Uint8Array.of(code) : encodeUtf8(letter);
}
