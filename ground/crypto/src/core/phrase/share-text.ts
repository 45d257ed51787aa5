import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { ShareCode, ShareError } from '../codes.ts';
import { shareWords } from './share-words.ts';

/** One share of SLIP-0039, as its words tell it. */
export type Share = {
  /** Of the set it was made with, 15 bits. */
  readonly set: number;
  /** Sets of one secret made so differ in their number alone. */
  readonly isExtendable: boolean;
  /** PBKDF2 does 10,000 times two to this many iterations. */
  readonly exponent: number;
  readonly group: number;
  readonly groupThreshold: number;
  readonly groups: number;
  readonly member: number;
  readonly threshold: number;
  readonly value: Uint8Array;
};

const WORD_BITS = 10;
const WORD = 1 << WORD_BITS;
const HEAD_WORDS = 4;
const CHECKSUM_WORDS = 3;
/** A secret has 128 bits at least. */
const LEAST_WORDS = 20;
const MOST_WORDS = 64;
const GENERATOR = [
  0x00e0e040, 0x01c1c080, 0x03838100, 0x07070200, 0x0e0e0009, 0x1c0c2412, 0x38086c24, 0x3090fc48,
  0x21b1f890, 0x3f3f120,
];
const PLACES: ReadonlyMap<string, number> = new Map(shareWords.map((word, at) => [word, at]));

/** The words of a share, in lower case with one space between. */
export function shareText(share: Share): string {
  const { set, isExtendable, exponent, group, groupThreshold, groups, member, threshold } = share;
  const head = [
    set >> 5,
    ((set & 0x1f) << 5) | (Number(isExtendable) << 4) | exponent,
    (group << 6) | ((groupThreshold - 1) << 2) | ((groups - 1) >> 2),
    (((groups - 1) & 3) << 8) | (member << 4) | (threshold - 1),
  ];
  const data = [...head, ...wordsOf(share.value)];
  const sum = checksum([...customisation(isExtendable), ...data, 0, 0, 0]) ^ 1;
  const sums = [sum >>> 20, (sum >>> 10) % WORD, sum % WORD];
  return [...data, ...sums].map((at) => shareWords[at] ?? '').join(' ');
}

/**
 * The share that words tell, however they are spaced and cased. A refusal says which place is
 * wrong and never which word stood there.
 */
export function readShare(text: string): Result<Share, ShareError> {
  const words = text.normalize('NFKD').toLowerCase().trim().split(/\s+/);
  if (words.length < LEAST_WORDS || words.length > MOST_WORDS) {
    const message = `a share has ${LEAST_WORDS} words or more, most often 33, not ${words.length}`;
    return refuse('share.wrong_length', message);
  }
  const data = words.map((word) => PLACES.get(word) ?? -1);
  const unknown = data.indexOf(-1);
  if (unknown >= 0) {
    return refuse('share.unknown_word', `word ${unknown + 1} is not in the list of SLIP-0039`);
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = data;
  const isExtendable = ((second >> 4) & 1) === 1;
  if (checksum([...customisation(isExtendable), ...data]) !== 1) {
    const message = 'the words do not fit together: one is wrong, or two changed places';
    return refuse('share.bad_checksum', message);
  }
  const value = bytesOf(data.slice(HEAD_WORDS, -CHECKSUM_WORDS));
  const share = {
    set: (first << 5) | (second >> 5),
    isExtendable,
    exponent: second & 0xf,
    group: third >> 6,
    groupThreshold: ((third >> 2) & 0xf) + 1,
    groups: (((third & 3) << 2) | (fourth >> 8)) + 1,
    member: (fourth >> 4) & 0xf,
    threshold: (fourth & 0xf) + 1,
  };
  if (value === undefined || share.groupThreshold > share.groups) {
    return refuse('share.malformed', 'the words fit together and tell no share');
  }
  return ok({ ...share, value });
}

/** Ten bits a word, zeros before the first bit. */
function wordsOf(value: Uint8Array): number[] {
  const count = Math.ceil((value.length * 8) / WORD_BITS);
  let held = 0;
  let bits = count * WORD_BITS - value.length * 8;
  const words: number[] = [];
  for (const byte of value) {
    held = (held << 8) | byte;
    bits += 8;
    if (bits < WORD_BITS) continue;
    bits -= WORD_BITS;
    words.push(held >> bits);
    held &= (1 << bits) - 1;
  }
  return words;
}

function bytesOf(words: readonly number[]): Uint8Array | undefined {
  const size = Math.floor((words.length * WORD_BITS) / 16) * 2;
  const padding = words.length * WORD_BITS - size * 8;
  if (padding > 8 || (words[0] ?? 0) >> (WORD_BITS - padding) !== 0) return undefined;
  const value = new Uint8Array(size);
  let held = 0;
  let bits = -padding;
  let at = 0;
  for (const word of words) {
    held = (held << WORD_BITS) | word;
    bits += WORD_BITS;
    while (bits >= 8) {
      bits -= 8;
      value[at] = held >> bits;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  return value;
}

function customisation(isExtendable: boolean): Uint8Array {
  return encodeUtf8(isExtendable ? 'shamir_extendable' : 'shamir');
}

/** RS1024: three words of it find any three wrong ones. */
function checksum(values: Iterable<number>): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 20;
    sum = ((sum & 0xfffff) << WORD_BITS) ^ value;
    for (const [at, generator] of GENERATOR.entries()) sum ^= generator & -((top >> at) & 1);
  }
  return sum;
}

function refuse(code: ShareCode, message: string): Result<never, ShareError> {
  return err({ code, message });
}
