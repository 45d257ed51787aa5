import { digitAt } from './characters.ts';
import type { Confidence } from './classes.ts';

/** First digits of an issuer, as a range of numbers of one length, and how long its numbers are. */
type Issuer = {
  readonly from: number;
  readonly to: number;
  /** How many digits those are. */
  readonly digits: number;
  readonly lengths: readonly number[];
  readonly confidence: Confidence;
};

const issuer = (
  from: number,
  to: number,
  lengths: readonly number[],
  confidence: Confidence = 'high',
): Issuer => ({ from, to, digits: String(from).length, lengths, confidence });

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
  return ISSUERS.some((each) => isOf(each, digits));
}

function isOf({ from, to, digits: size }: Issuer, digits: string): boolean {
  const first = Number(digits.slice(0, size));
  return first >= from && first <= to;
}

/** How sure it is that these digits are the number of a payment card; undefined: they are not. */
export function cardConfidence(digits: string): Confidence | undefined {
  const fits = ISSUERS.find((each) => each.lengths.includes(digits.length) && isOf(each, digits));
  return fits && isLuhn(digits) ? fits.confidence : undefined;
}

/** ISO/IEC 7812-1 annex B. */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, second = false; at >= 0; at--, second = !second) {
    const digit = digitAt(digits, at) * (second ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  // A row of zeros passes, and is nobody's.
  return sum % 10 === 0 && sum > 0;
}

/** Groups in which card numbers are printed. */
const PRINTED: readonly string[] = ['4 4 4 4', '4 6 5', '4 6 4', '4 4 4 4 3', '4 4 4 1', '6 13'];

/** Whether the digits stand as one, or as they are embossed. */
export function isPrinted(lengths: readonly number[]): boolean {
  return lengths.length === 1 || PRINTED.includes(lengths.join(' '));
}
