import { digitAt } from './characters.ts';
import type { Confidence } from './classes.ts';

/** What the first four digits of an issuer's numbers are, and how long those are. */
type Issuer = {
  readonly least: number;
  readonly most: number;
  readonly lengths: readonly number[];
  readonly confidence: Confidence;
};

const issuer = (
  from: number,
  to: number,
  lengths: readonly number[],
  confidence: Confidence = 'high',
): Issuer => {
  const scale = 10 ** (4 - String(from).length);
  return { least: from * scale, most: (to + 1) * scale - 1, lengths, confidence };
};

const LONG = [16, 17, 18, 19];

/** By the digits they begin with; the networks publish these ranges. */
const ISSUERS: readonly Issuer[] = [
  issuer(4, 4, [16]),
  issuer(4, 4, [13, 19], 'medium'),
  issuer(51, 55, [16]),
  issuer(2221, 2720, [16]),
  issuer(34, 34, [15]),
  issuer(37, 37, [15]),
  issuer(6011, 6011, LONG),
  issuer(644, 649, LONG),
  issuer(65, 65, LONG),
  issuer(3528, 3589, LONG, 'medium'),
  issuer(300, 305, [14], 'medium'),
  issuer(36, 36, [14], 'medium'),
  issuer(38, 39, [14], 'medium'),
  issuer(62, 62, LONG, 'medium'),
  issuer(2200, 2204, LONG, 'medium'),
];

/** Whether numbers of any issuer begin with this digit, 2 to 6. */
export function mayBegin(code: number): boolean {
  return code >= 50 && code <= 54;
}

/** Whether any issuer's numbers begin like this. */
export function isIssued(digits: string): boolean {
  const first = firstOf(digits);
  return ISSUERS.some((each) => isOf(each, first));
}

/** The first four digits as a number. */
function firstOf(digits: string): number {
  let first = 0;
  for (let at = 0; at < 4; at++) first = first * 10 + digitAt(digits, at);
  return first;
}

function isOf({ least, most }: Issuer, first: number): boolean {
  return first >= least && first <= most;
}

/** How sure it is that these digits are the number of a payment card; undefined: they are not. */
export function cardConfidence(digits: string): Confidence | undefined {
  const first = firstOf(digits);
  const fits = ISSUERS.find((each) => each.lengths.includes(digits.length) && isOf(each, first));
  const isChecked = (luhnLengths(digits) & (1 << digits.length)) !== 0;
  return fits && isChecked ? fits.confidence : undefined;
}

/**
 * ISO/IEC 7812-1 annex B, of all beginnings of up to 31 digits at once: bit `n` tells of the first
 * `n`. Every second digit is doubled, counted from the end, so there are two sums.
 */
export function luhnLengths(digits: string): number {
  let [odd, even, bits] = [0, 0, 0];
  for (let at = 0; at < digits.length && at < 31; at++) {
    const digit = digitAt(digits, at);
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    const isEven = at % 2 === 0;
    even += isEven ? doubled : digit;
    odd += isEven ? digit : doubled;
    // A row of zeros passes, and is nobody's.
    const sum = isEven ? odd : even;
    if (sum % 10 === 0 && sum > 0) bits |= 1 << (at + 1);
  }
  return bits;
}

/** Groups in which card numbers are printed. */
const PRINTED: readonly string[] = ['4 4 4 4', '4 6 5', '4 6 4', '4 4 4 4 3', '4 4 4 1', '6 13'];

/** Whether the digits stand as one, or as they are embossed. */
export function isPrinted(lengths: readonly number[]): boolean {
  return lengths.length === 1 || PRINTED.includes(lengths.join(' '));
}
