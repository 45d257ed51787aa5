import { DASH, digitAt, isAlphanumeric, isDigit, isLetter, SPACE } from './characters.ts';

/** Length by country (ISO 13616 registry). */
const LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
};

/** Where the IBAN ends that begins here, where a word begins; blanks and dashes may part it. */
export function ibanEnd(text: string, start: number): number | undefined {
  if (!isDigit(text.charCodeAt(start + 2)) || !isDigit(text.charCodeAt(start + 3)))
    return undefined;
  if (!isLetter(text.charCodeAt(start + 1))) return undefined;
  const country = text.slice(start, start + 2).toUpperCase();
  const length = Object.hasOwn(LENGTHS, country) ? LENGTHS[country] : undefined;
  if (length === undefined) return undefined;
  let compact = '';
  let at = start;
  while (compact.length < length) {
    const code = text.charCodeAt(at);
    if (isAlphanumeric(code)) compact += text.charAt(at);
    else if (code !== SPACE && code !== DASH) return undefined;
    else if (!isAlphanumeric(text.charCodeAt(at + 1))) return undefined;
    at += 1;
  }
  if (isAlphanumeric(text.charCodeAt(at))) return undefined;
  return isChecked(compact.toUpperCase()) ? at : undefined;
}

/** ISO 7064 mod 97-10: country and check digits behind the rest, letters as 10 to 35. */
function isChecked(compact: string): boolean {
  const turned = compact.slice(4) + compact.slice(0, 4);
  let rest = 0;
  for (let at = 0; at < turned.length; at++) {
    const code = turned.charCodeAt(at);
    rest = isDigit(code) ? (rest * 10 + digitAt(turned, at)) % 97 : (rest * 100 + code - 55) % 97;
  }
  return rest === 1;
}
