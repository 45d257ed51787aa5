import type { Pausing } from '@ioi/basis';
import { AT, BACKSLASH } from './characters.ts';

/**
 * A text with its disguises taken off: invisible characters are gone, digits and signs of other
 * scripts and widths are ASCII. `sourceStart` and `sourceEnd` lead back to the text as written.
 */
export type Folded = {
  readonly text: string;
  readonly sourceStart: (at: number) => number;
  /** Of the position behind a character: invisible ones that follow it stay outside. */
  readonly sourceEnd: (end: number) => number;
};

/** First of ten digits each, pinned: the tables of an engine change with its version. */
const DIGIT_ZEROS: readonly number[] = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
  0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
  0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
];
/** The same for circled digits that the standard gives no plain form; they begin with one. */
const DIGIT_ONES: readonly number[] = [0x24f5, 0x2776, 0x2780, 0x278a];

/**
 * Raised, lowered, circled and mathematical digits and letters: what NFKC makes of them was fixed
 * by the standard when they came into it.
 */
const COMPATIBLE: readonly (readonly [number, number])[] = [
  [0xb2, 0xb3],
  [0xb9, 0xb9],
  [0x2b0, 0x2b8],
  [0x1d2c, 0x1d6a],
  [0x2070, 0x209c],
  [0x2102, 0x2139],
  [0x2460, 0x2468],
  [0x24b6, 0x24ea],
  [0x1d400, 0x1d7ff],
  [0x1f130, 0x1f149],
];

/** Letters of other scripts that look like the one below them. */
const LOOKS = 'АВЕКМНОРСТХУІЅЈаеорсхуіѕјһԁΑΒΕΖΗΙΚΜΝΟΡΤΥΧο';
const LIKES = 'ABEKMHOPCTXYISJaeopcxyisjhdABEZHIKMNOPTYXo';

/** How a text may write `@` and other signs that are read by machines only. */
const WRITTEN = /&#(?:x([0-9a-f]{1,5})|([0-9]{1,6}));?|&commat;|\\u(00[2-7][0-9a-f])/iy;

/** What shows nothing of its own: marks on letters, joiners, directions, selectors, tags. */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x300, 0x36f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180e],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
  [0xe0100, 0xe01ef],
];
const DASHES = /[\u2010-\u2015\u2043\u2212\u2e3a\u2e3b\u301c\u3030\ufe58\ufe63]/;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0]/;
const DOTS = /[\u2024\u3002\ufe52\uff61]/;
/** Most texts have none of what is folded, and stay. */
const MAY_FOLD = /[\u02b0-\uffff\u00a0\u00ad\u00b2\u00b3\u00b9]|&#|&c|\\u00/i;

/** Characters of the longest of them, `\u00`. */
const LONGEST_START = 4;

const AMPERSAND = 38;
const SMALL_AT = 0xfe6b;
const NOTHING = -1;

export function* fold(source: string): Pausing<Folded> {
  if (!(yield* mayFold(source))) return unfolded(source);
  const { length } = source;
  const codes = new Uint16Array(length);
  const origins = new Int32Array(length);
  const ends = new Int32Array(length);
  const known = new Map<number, number>();
  let size = 0;
  let pause = PIECE;
  for (let at = 0, next = 0; at < length; at = next) {
    if (at >= pause) {
      pause = at + PIECE;
      yield;
    }
    const written = writtenAt(source, at);
    const point = written?.point ?? source.codePointAt(at) ?? 0;
    next = at + (written?.length ?? (point > 0xffff ? 2 : 1));
    const folded = known.get(point) ?? foldCode(point);
    if (point > 127) known.set(point, folded);
    if (folded === NOTHING) continue;
    // What is beyond 16 bits and is not folded stays as its two halves.
    const kept = folded > 0xffff ? source.charCodeAt(at) : folded;
    if (folded > 0xffff) next = at + 1;
    codes[size] = kept;
    origins[size] = at;
    ends[size] = next;
    size += 1;
  }
  return {
    text: yield* textOf(codes.subarray(0, size)),
    sourceStart: (at) => (at < size ? (origins[at] ?? length) : length),
    sourceEnd: (end) => ends[end - 1] ?? 0,
  };
}

/** Pieces overlap by what a written sign begins with. */
function* mayFold(source: string): Pausing<boolean> {
  for (let from = 0; from < source.length; from += PIECE) {
    if (from > 0) yield;
    if (MAY_FOLD.test(source.slice(from, from + PIECE + LONGEST_START - 1))) return true;
  }
  return false;
}

type Written = { readonly point: number; readonly length: number };

function writtenAt(source: string, at: number): Written | undefined {
  const sign = source.charCodeAt(at);
  if (sign !== AMPERSAND && sign !== BACKSLASH) return undefined;
  WRITTEN.lastIndex = at;
  const found = WRITTEN.exec(source);
  if (!found) return undefined;
  const [{ length }, hex, decimal, short] = found;
  const digits = hex ?? short;
  const point = digits === undefined ? Number(decimal ?? AT) : Number.parseInt(digits, 16);
  return point > 0 && point < 0xd800 ? { point, length } : undefined;
}

function unfolded(text: string): Folded {
  const same = (at: number): number => at;
  return { text, sourceStart: same, sourceEnd: same };
}

function foldCode(code: number): number {
  if (code < 0xa0) return code;
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0;
  const zero = DIGIT_ZEROS.find((first) => code >= first && code < first + 10);
  if (zero !== undefined) return 48 + code - zero;
  const one = DIGIT_ONES.find((first) => code >= first && code < first + 9);
  if (one !== undefined) return 49 + code - one;
  if (isWithin(INVISIBLE, code)) return NOTHING;
  const text = String.fromCodePoint(code);
  if (DASHES.test(text)) return 45;
  if (SPACES.test(text)) return 32;
  if (DOTS.test(text)) return 46;
  const look = code <= 0xffff ? LOOKS.indexOf(text) : -1;
  if (look >= 0) return LIKES.charCodeAt(look);
  if (isWithin(COMPATIBLE, code)) return plainOf(text) ?? code;
  return code === SMALL_AT ? AT : code;
}

function isWithin(ranges: readonly (readonly [number, number])[], code: number): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last);
}

/** The one ASCII character it stands for. */
function plainOf(text: string): number | undefined {
  const plain = text.normalize('NFKC');
  return plain.length === 1 && plain.charCodeAt(0) < 128 ? plain.charCodeAt(0) : undefined;
}

const PIECE = 8192;

function* textOf(codes: Uint16Array): Pausing<string> {
  let text = '';
  for (let at = 0; at < codes.length; at += PIECE) {
    if (at > 0) yield;
    text += String.fromCharCode(...codes.subarray(at, at + PIECE));
  }
  return text;
}
