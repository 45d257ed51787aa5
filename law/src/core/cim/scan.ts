import { finish, type Pausing } from '@ioi/basis';
import { passwordInAddress } from './address-passwords.ts';
import { ipv6End } from './addresses.ts';
import {
  AT,
  addressEnd,
  COLON,
  DASH,
  escapeEnd,
  isDigit,
  isHex,
  isLetter,
  isWordBoundary,
  isWordStart,
  OPEN,
  OPEN_BRACE,
  OPEN_SQUARE,
  PLUS,
  runEnd,
  SLASH,
  wordEnd,
} from './characters.ts';
import { disguisedEmailAt, emailAt } from './email.ts';
import { fold } from './fold.ts';
import { ibanEnd } from './iban.ts';
import { cardInWord, numbersFrom } from './numbers.ts';
import { forEachPart } from './parts.ts';
import { privateKeyAt } from './private-keys.ts';
import { type Cue, Scanning } from './scanning.ts';
import { secretAfter } from './secrets.ts';
import { type Found, type Span, withoutOverlap } from './span.ts';
import { tokenAt } from './tokens.ts';

/**
 * Everything the detectors find in a text, in order (whitepaper 2.6.4). One pass that goes by the
 * character it stands on; every detector looks a bounded way ahead or moves the pass on, so the
 * time grows with the length of the text, whatever is in it. Never throws.
 */
export function scan(source: string): readonly Span[] {
  return finish(scanWithPauses(source));
}

/** Characters between two pauses: some 0.2 ms, and of the worst text 2 ms. */
export const STRETCH = 4096;

/** The same with a pause after every stretch. */
export function* scanWithPauses(source: string): Pausing<readonly Span[]> {
  const folded = yield* fold(source);
  const scanning = new Scanning(folded.text);
  const { text, found } = scanning;
  let at = 0;
  let pause = STRETCH;
  while (at < text.length) {
    if (at >= pause) {
      pause = at + STRETCH;
      yield;
    }
    const code = text.charCodeAt(at);
    if (isLetter(code)) at = word(scanning, at);
    else if (isDigit(code)) at = digits(scanning, at);
    else if (code === AT) at = emailAt(scanning, at);
    else if (code === DASH) at = privateKeyAt(scanning, at);
    else if (code === COLON) at = colon(scanning, at);
    else if (code === PLUS || code === OPEN) at = signed(scanning, at);
    else if (code === OPEN_SQUARE || code === OPEN_BRACE) at = bracket(scanning, at);
    else at += 1;
  }
  const { sourceStart, sourceEnd } = folded;
  const placed: Found[] = [];
  yield* forEachPart(found, (part) => {
    for (const each of part) {
      placed.push({ ...each, start: sourceStart(each.start), end: sourceEnd(each.end) });
    }
  });
  return yield* withoutOverlap(placed);
}

/** Words that say what the number after them is, in lower case. */
const CUES: ReadonlyMap<string, Cue> = new Map<string, Cue>([
  ['phone', 'phone'],
  ['telephone', 'phone'],
  ['tel', 'phone'],
  ['mobile', 'phone'],
  ['cell', 'phone'],
  ['call', 'phone'],
  ['fax', 'phone'],
  ['whatsapp', 'phone'],
  ['sms', 'phone'],
  ['ssn', 'ssn'],
  ['social', 'ssn'],
  ['card', 'card_pan'],
  ['visa', 'card_pan'],
  ['mastercard', 'card_pan'],
  ['amex', 'card_pan'],
  ['pan', 'card_pan'],
  ['ip', 'ip_address'],
  ['ipv4', 'ip_address'],
  ['host', 'ip_address'],
  ['server', 'ip_address'],
]);
/** By first letter, a bit for each length a cue of it has: most words are none at first sight. */
const CUE_LENGTHS: readonly number[] = Array.from({ length: 26 }, (_, letter) => {
  const own = [...CUES.keys()].filter((cue) => cue.charCodeAt(0) === 97 + letter);
  return own.reduce((bits, cue) => bits | (1 << cue.length), 0);
});

function cueAt(text: string, start: number, end: number): Cue | undefined {
  const bits = CUE_LENGTHS[(text.charCodeAt(start) | 32) - 97] ?? 0;
  const length = end - start;
  if (length > 30 || (bits & (1 << length)) === 0) return undefined;
  return CUES.get(text.slice(start, end).toLowerCase());
}

function word(scanning: Scanning, start: number): number {
  const { text } = scanning;
  const escaped = escapeEnd(text, start);
  if (escaped > start) return escaped;
  const end = wordEnd(text, start);
  if (!isWordStart(text, start)) return end;
  const token = tokenAt(scanning, start);
  if (token) {
    scanning.add(token.class, start, token.end);
    return token.end;
  }
  const iban = ibanEnd(text, start);
  if (iban !== undefined) {
    scanning.add('iban', start, iban);
    return iban;
  }
  if (text.charCodeAt(end) === COLON && runEnd(text, start, isHex, 5) === end) {
    const next = address(scanning, start);
    if (next !== undefined) return next;
  }
  secretAfter(scanning, start, end);
  cardInWord(scanning, start, end);
  const cue = cueAt(text, start, end);
  if (cue) scanning.addCue(cue, end);
  if (text.charCodeAt(end) === DASH && hasDigit(text, start, end)) scanning.identifierEnd = end;
  return end;
}

/** Long words are no identifiers that anybody parts with dashes. */
function hasDigit(text: string, start: number, end: number): boolean {
  const last = Math.min(end, start + 64);
  return runEnd(text, start, (code) => !isDigit(code), last - start) < last;
}

function digits(scanning: Scanning, start: number): number {
  const { text } = scanning;
  const escaped = escapeEnd(text, start);
  if (escaped > start) return escaped;
  const hexEnd = runEnd(text, start, isHex, 5);
  if (text.charCodeAt(hexEnd) === COLON && isWordStart(text, start)) {
    const next = address(scanning, start);
    if (next !== undefined) return next;
  }
  return numbersFrom(scanning, start);
}

function address(scanning: Scanning, start: number): number | undefined {
  const { text } = scanning;
  if (start < scanning.noAddressBefore) return undefined;
  const run = addressEnd(text, start);
  scanning.noAddressBefore = run;
  const end = ipv6End(text, start, run);
  if (end === undefined) return undefined;
  scanning.add('ip_address', start, end);
  return end;
}

/** `::` may begin an address; between `://` and an `@` stands a name with its password. */
function colon(scanning: Scanning, at: number): number {
  const { text } = scanning;
  if (text.charCodeAt(at + 1) === COLON && isWordBoundary(text, at - 1)) {
    return address(scanning, at) ?? at + 2;
  }
  if (text.charCodeAt(at + 1) !== SLASH || text.charCodeAt(at + 2) !== SLASH) return at + 1;
  const start = at + 3;
  const password = passwordInAddress(text, start);
  if (password === undefined) return start;
  scanning.add('generic_secret', password.start, password.end);
  return password.end + 1;
}

function bracket(scanning: Scanning, at: number): number {
  disguisedEmailAt(scanning, at);
  return at + 1;
}

function signed(scanning: Scanning, at: number): number {
  const { text } = scanning;
  if (text.charCodeAt(at) === OPEN) disguisedEmailAt(scanning, at);
  const next = runEnd(text, at, (code) => code === PLUS || code === OPEN, 2);
  if (!isDigit(text.charCodeAt(next)) || !isWordBoundary(text, at - 1)) return at + 1;
  return numbersFrom(scanning, at);
}
