import { cardConfidence } from './cards.ts';
import {
  CLOSE,
  COLON,
  DASH,
  DOT,
  digitsEnd,
  isAlphanumeric,
  isDigit,
  isHex,
  isWordBoundary,
  isWordStart,
  OPEN,
  PLUS,
  runEnd,
  SLASH,
  SPACE,
} from './characters.ts';
import { MOST_DIGITS, numberAmong } from './number-shapes.ts';
import type { Scanning } from './scanning.ts';

/** Groups of digits with signs between them, as many as are looked at together. */
export type Groups = {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** All their digits, of each group at most one more than any number has. */
  readonly digits: string;
  /** Where in `digits` each group begins, and after the last of them the length. */
  readonly offsets: readonly number[];
};

/** More than any number that is looked for can have, when every digit stands alone. */
const REACH = 20;
const MOST_GROUPS = 64;
const MOST_SIGNS = 3;

/** Numbers among the digits that begin here. Returns where reading goes on. */
export function numbersFrom(scanning: Scanning, start: number): number {
  const { text } = scanning;
  const groups = readGroups(text, start);
  const { starts, ends } = groups;
  const last = ends.at(-1);
  if (last === undefined) return start + 1;
  const isGlued = scanning.identifierEnd === start - 1 && text.charCodeAt(start - 1) === DASH;
  const isOpen = starts.length === MOST_GROUPS;
  const stop = isOpen ? MOST_GROUPS - REACH : starts.length;
  let at = isGlued || !isWordStart(text, start) ? 1 : 0;
  while (at < stop) at = numberAmong(scanning, groups, at);
  if (!isWordBoundary(text, last) || !isWordStart(text, starts[0] ?? 0)) {
    cardInWord(scanning, starts[0] ?? 0, ends[0] ?? 0);
    cardInWord(scanning, starts.at(-1) ?? 0, last);
  }
  if (isOpen) return starts[Math.max(at, stop)] ?? last;
  return partEnd(scanning, groups);
}

const SHORTEST_GLUED = 15;
const LONGEST_GLUED = 16;

/** The number of a card between letters, as in `card4111111111111111x`: never certain. */
export function cardInWord(scanning: Scanning, start: number, end: number): void {
  const { text } = scanning;
  if (end - start < SHORTEST_GLUED || isOfDigest(text, start, end)) return;
  for (let at = start; end - at >= SHORTEST_GLUED; ) {
    const stop = Math.min(digitsEnd(text, at), end);
    const size = stop - at;
    const isLong = size >= SHORTEST_GLUED && size <= LONGEST_GLUED;
    if (isLong && cardConfidence(text.slice(at, stop)) === 'high') {
      scanning.addAmbiguous('card_pan', at, stop, 'medium');
    }
    at = stop + 1;
  }
}

/** How digests and names of objects are long, in hexadecimal digits. */
const DIGESTS: readonly number[] = [32, 40, 56, 64, 96, 128];

/** Whether it stands in a word of hexadecimal digits and letters, as long as a digest is. */
function isOfDigest(text: string, start: number, end: number): boolean {
  let from = start;
  while (from > 0 && start - from <= MOST_DIGEST && isHex(text.charCodeAt(from - 1))) from -= 1;
  const to = runEnd(text, end, isHex, MOST_DIGEST);
  const isWord = isWordStart(text, from) && isWordBoundary(text, to);
  return isWord && DIGESTS.includes(to - from) && /[a-f]/i.test(text.slice(from, to));
}

const MOST_DIGEST = 128;

/** A letter right behind the digits makes them part of a word. */
function partEnd(scanning: Scanning, { text, starts, ends }: Groups): number {
  const last = ends.at(-1) ?? 0;
  if (isWordBoundary(text, last)) return last;
  const end = runEnd(text, last, isAlphanumeric);
  if (end > (starts.at(-1) ?? end)) scanning.identifierEnd = end;
  return Math.max(end, last + 1);
}

function readGroups(text: string, start: number): Groups {
  const starts: number[] = [];
  const ends: number[] = [];
  const offsets = [0];
  let digits = '';
  let at = runEnd(text, start, isOpening, 2);
  while (starts.length < MOST_GROUPS && isDigit(text.charCodeAt(at))) {
    const end = digitsEnd(text, at);
    if (starts.length > 0 && isOfAnother(text, end)) break;
    starts.push(at);
    ends.push(end);
    digits += text.slice(at, Math.min(end, at + MOST_DIGITS + 1));
    offsets.push(digits.length);
    at = runEnd(text, end, isSign, MOST_SIGNS);
    if (at === end) break;
  }
  return { text, starts, ends, digits, offsets };
}

/** Digits that begin something else: an address in hexadecimal, or a word. */
function isOfAnother(text: string, end: number): boolean {
  const isAddress = text.charCodeAt(end) === COLON && isHex(text.charCodeAt(end + 1));
  return isAddress || text.startsWith('::', end) || !isWordBoundary(text, end);
}

function isOpening(code: number): boolean {
  return code === PLUS || code === OPEN;
}

function isSign(code: number): boolean {
  return (
    code === SPACE ||
    code === DASH ||
    code === DOT ||
    code === SLASH ||
    code === OPEN ||
    code === CLOSE
  );
}
