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

/** What shows nothing: soft hyphen, joiners, directions, variation selectors, byte order mark. */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180e],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
];
const DASHES = /[\u2010-\u2015\u2043\u2212\u2e3a\u2e3b\u301c\u3030\ufe58\ufe63]/;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0]/;
const DOTS = /[\u2024\u3002\ufe52\uff61]/;
/** Nothing below the soft hyphen but the hard space is ever folded, so most texts stay. */
const MAY_FOLD = /[\u034f-\uffff\u00a0\u00ad]/;

const SMALL_AT = 0xfe6b;
const MATH_HIGH = 0xd835;
const MATH_DIGITS = 0xdfce;
const NOTHING = -1;

export function fold(source: string): Folded {
  if (!MAY_FOLD.test(source)) return unfolded(source);
  const { length } = source;
  const codes = new Uint16Array(length);
  const origins = new Int32Array(length);
  let size = 0;
  for (let at = 0; at < length; at++) {
    const code = source.charCodeAt(at);
    const digit = code === MATH_HIGH ? source.charCodeAt(at + 1) - MATH_DIGITS : NOTHING;
    const isMath = digit >= 0 && digit < 50;
    const folded = isMath ? 48 + (digit % 10) : foldCode(code);
    if (folded === NOTHING) continue;
    codes[size] = folded;
    origins[size] = at;
    size += 1;
    if (isMath) at += 1;
  }
  return {
    text: textOf(codes.subarray(0, size)),
    sourceStart: (at) => (at < size ? (origins[at] ?? length) : length),
    sourceEnd: (end) => {
      const last = origins[end - 1] ?? 0;
      const isPair = source.charCodeAt(last) === MATH_HIGH && codes[end - 1] !== MATH_HIGH;
      return last + (isPair ? 2 : 1);
    },
  };
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
  if (INVISIBLE.some(([first, last]) => code >= first && code <= last)) return NOTHING;
  const text = String.fromCharCode(code);

  if (DASHES.test(text)) return 45;
  if (SPACES.test(text)) return 32;
  if (DOTS.test(text)) return 46;
  return code === SMALL_AT ? 64 : code;
}

const PIECE = 8192;

function textOf(codes: Uint16Array): string {
  let text = '';
  for (let at = 0; at < codes.length; at += PIECE) {
    text += String.fromCharCode(...codes.subarray(at, at + PIECE));
  }
  return text;
}
