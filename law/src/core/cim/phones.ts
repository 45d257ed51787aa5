import { isDigit } from './characters.ts';

/** Digits after `+`, country code included: fewest and most, where a country has fewer shapes. */
const LENGTHS: Readonly<Record<string, readonly [number, number]>> = {
  1: [11, 11],
  7: [11, 11],
  20: [11, 12],
  27: [11, 11],
  30: [12, 12],
  31: [11, 11],
  32: [10, 11],
  33: [11, 11],
  34: [11, 11],
  36: [10, 11],
  39: [10, 13],
  40: [11, 11],
  41: [11, 11],
  43: [8, 15],
  44: [11, 12],
  45: [10, 10],
  46: [9, 12],
  47: [10, 10],
  48: [11, 11],
  49: [9, 14],
  51: [10, 11],
  52: [12, 12],
  54: [12, 13],
  55: [12, 13],
  56: [11, 11],
  57: [12, 12],
  60: [10, 12],
  61: [11, 11],
  62: [10, 14],
  63: [11, 12],
  64: [10, 12],
  65: [10, 10],
  66: [10, 11],
  81: [11, 12],
  82: [10, 12],
  84: [11, 12],
  86: [12, 13],
  90: [12, 12],
  91: [12, 12],
  351: [12, 12],
  352: [8, 12],
  353: [11, 12],
  358: [9, 13],
  380: [12, 12],
  420: [12, 12],
  421: [12, 12],
  852: [11, 11],
  971: [11, 12],
  972: [11, 12],
};
/** E.164 at large; three digits of country code and seven of number are rarely undercut. */
const ELSEWHERE: readonly [number, number] = [10, 15];

/** Fewest and most digits of a number that begins with these, behind `+` or `00`. */
export function internationalLengths(digits: string): readonly [number, number] | undefined {
  if (digits.startsWith('0')) return undefined;
  for (let size = 1; size <= 3; size++) {
    const code = digits.slice(0, size);
    if (Object.hasOwn(LENGTHS, code)) return LENGTHS[code];
  }
  return ELSEWHERE;
}

/** Ten digits as the North American plan has them: area and exchange begin with 2 to 9. */
export function isNorthAmerican(digits: string): boolean {
  return (
    digits.length === 10 && /^[2-9][0-9]{2}[2-9]/.test(digits) && isDigit(digits.charCodeAt(9))
  );
}
