import { isOctet } from './addresses.ts';
import { cardConfidence, isIssued, isPrinted, luhnLengths, mayBegin } from './cards.ts';
import { isWordBoundary, OPEN, PLUS } from './characters.ts';
import type { Confidence } from './classes.ts';
import type { Groups } from './numbers.ts';
import { internationalLengths, isNorthAmerican } from './phones.ts';
import type { Scanning } from './scanning.ts';

const ZERO = 48;
/** More than any number has that is looked for. */
export const MOST_DIGITS = 32;
const LONGEST_CARD = 19;
const SHORTEST_CARD = 13;

type Detector = (scanning: Scanning, groups: Groups, at: number) => number | undefined;

/** What is looked for from one group of digits on, the most telling first. */
const DETECTORS: readonly Detector[] = [ipv4, international, ssn, card, spreadCard, national];

/** Looks from the group `at` on. Returns the group to go on with. */
export function numberAmong(scanning: Scanning, groups: Groups, at: number): number {
  for (const detect of DETECTORS) {
    const next = detect(scanning, groups, at);
    if (next !== undefined) return next;
  }
  return at + 1;
}

function ipv4(scanning: Scanning, groups: Groups, at: number): number | undefined {
  const { text, starts, ends } = groups;
  const next = at + 4;
  if (starts.length < next || gap(groups, at) === '.' || gap(groups, next) === '.')
    return undefined;
  for (let each = at; each < next; each++) {
    if (each > at && gap(groups, each) !== '.') return undefined;
    if (!isOctet(text, starts[each] ?? 0, ends[each] ?? 0)) return undefined;
  }
  if (!endsClean(groups, next - 1)) return undefined;
  const [start, end] = spanOf(groups, at, next - 1);
  const digits = text.slice(start, end);
  // Four small numbers are as often a version.
  const isVersion = digits.length <= 7 && !scanning.hasCue('ip_address', start);
  if (isVersion) scanning.addAmbiguous('ip_address', start, end, 'low');
  else scanning.add('ip_address', start, end);
  return next;
}

/** Area 001 to 899 but 666, group and serial not zero (SSA); nine digits in a row need a cue. */
function ssn(scanning: Scanning, groups: Groups, at: number): number | undefined {
  const size = lengthOf(groups, at);
  if (size !== 3 && size !== 9) return undefined;
  const [start] = spanOf(groups, at, at);
  const hasCue = scanning.hasCue('ssn', start);
  if (size === 9) {
    if (!hasCue || !isSsn(digitsOf(groups, at, at)) || !isAlone(groups, at, at)) return undefined;
    const [, end] = spanOf(groups, at, at);
    scanning.add('ssn', start, end, 'medium');
    return at + 1;
  }
  const last = at + 2;
  const isShape = [3, 2, 4].every((length, each) => lengthOf(groups, at + each) === length);
  const sign = gap(groups, at + 1);
  if (!isShape || sign.length !== 1 || gap(groups, last) !== sign) return undefined;
  if (!isSsn(digitsOf(groups, at, last)) || !isAlone(groups, at, last)) return undefined;
  const [from, to] = spanOf(groups, at, last);
  if (sign === '-' || hasCue) scanning.add('ssn', from, to);
  else scanning.addAmbiguous('ssn', from, to, 'medium');
  return last + 1;
}

function isSsn(digits: string): boolean {
  return /^(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}$/.test(digits);
}

/** As printed, as one, or with the same sign between all its parts. */
function card(scanning: Scanning, groups: Groups, at: number): number | undefined {
  if (!mayBegin(groups.text.charCodeAt(groups.starts[at] ?? 0))) return undefined;
  let last = lastWithin(groups, at, LONGEST_CARD);
  const digits = digitsOf(groups, at, last);
  if (digits.length < SHORTEST_CARD || !isIssued(digits)) return undefined;
  const checked = luhnLengths(digits);
  for (let size = digits.length; size >= SHORTEST_CARD; last--) {
    const isChecked = (checked & (1 << size)) !== 0 && endsClean(groups, last);
    const confidence = isChecked ? cardConfidence(digits.slice(0, size)) : undefined;
    const added = confidence && addCard(scanning, groups, { at, last, confidence });
    if (added !== undefined) return added;
    size -= lengthOf(groups, last);
  }
  return undefined;
}

const APART = '(?:[ \\t\\r\\n_*]|\\\\[nrt]){1,3}';
const SPREAD = new RegExp(
  `[2-6][0-9]{3}${APART}[0-9]{4,6}${APART}[0-9]{4,5}(?:${APART}[0-9]{4})?(?![0-9A-Za-z])`,
  'y',
);

/** Four groups parted by tabs, lines, `_` or `*`, which part no other numbers: never certain. */
function spreadCard(scanning: Scanning, groups: Groups, at: number): number | undefined {
  if (lengthOf(groups, at) !== 4) return undefined;
  const [start] = spanOf(groups, at, at);
  SPREAD.lastIndex = start;
  const found = SPREAD.exec(scanning.text)?.[0];
  if (found === undefined || cardConfidence(found.replaceAll(/[^0-9]/g, '')) === undefined) {
    return undefined;
  }
  scanning.addAmbiguous('card_pan', start, start + found.length, 'medium');
  return groups.starts.length;
}

type Card = { readonly at: number; readonly last: number; readonly confidence: Confidence };

function addCard(
  scanning: Scanning,
  groups: Groups,
  { at, last, confidence }: Card,
): number | undefined {
  const [start, end] = spanOf(groups, at, last);
  const isAsPrinted = isPrinted(lengthsOf(groups, at, last));
  const alone = isAlone(groups, at, last);
  const isEven = signsIn(groups, at, last).size <= 1;
  if (scanning.hasCue('card_pan', start) || (isAsPrinted && alone)) {
    scanning.add('card_pan', start, end, confidence);
  } else if (isAsPrinted || (alone && isEven)) {
    scanning.addAmbiguous('card_pan', start, end, 'medium');
  } else return undefined;
  return last + 1;
}

/** `+` or `00`, then a country code and as many digits as its numbers have. */
function international(scanning: Scanning, groups: Groups, at: number): number | undefined {
  const [first] = spanOf(groups, at, at);
  const { text } = groups;
  const hasPlus = text.charCodeAt(first - 1) === PLUS || text.slice(first - 2, first) === '+(';
  const hasZeros = text.startsWith('00', first) && !isZero(text, first + 2);
  if (!hasPlus && !hasZeros) return undefined;
  const skipped = hasPlus ? 0 : 2;
  for (let last = lastWithin(groups, at, 15 + skipped + 1); last >= at; last--) {
    const digits = digitsOf(groups, at, last).slice(skipped);
    const trunk = hasTrunkZero(groups, at, last) ? 1 : 0;
    const lengths = internationalLengths(digits);
    const size = digits.length - trunk;
    if (lengths === undefined || size < lengths[0]) return undefined;
    if (size > lengths[1] || !endsClean(groups, last)) continue;
    if (hasZeros && last === at && !scanning.hasCue('phone', first)) return undefined;
    const [, end] = spanOf(groups, at, last);
    const start = hasPlus ? text.lastIndexOf('+', first) : first;
    scanning.add('phone', start, end, hasPlus ? 'high' : 'medium');
    return last + 1;
  }
  return undefined;
}

function isZero(text: string, at: number): boolean {
  return text.charCodeAt(at) === ZERO;
}

/** `+49 (0)30 …`: the zero is not dialled with a country code. */
function hasTrunkZero(groups: Groups, at: number, last: number): boolean {
  for (let each = at + 1; each <= last; each++) {
    const isLone = lengthOf(groups, each) === 1 && digitsOf(groups, each, each) === '0';
    if (isLone && gap(groups, each).endsWith('(')) return true;
  }
  return false;
}

function national(scanning: Scanning, groups: Groups, at: number): number | undefined {
  const [first] = spanOf(groups, at, at);
  const size = lengthOf(groups, at);
  if (size !== 3 && size !== 10 && size !== 1 && groups.text.charCodeAt(first) !== ZERO) {
    return undefined;
  }
  const hasCue = scanning.hasCue('phone', first);
  const country = size === 1 && groups.text.charAt(first) === '1' ? 1 : 0;
  const last = at + country + 2;
  const isGrouped = [3, 3, 4].every((size, each) => lengthOf(groups, at + country + each) === size);
  if (isGrouped && isNorthAmerican(digitsOf(groups, at + country, last))) {
    return addPhone(scanning, groups, { at, last, isCertain: true });
  }
  const alone = digitsOf(groups, at, at);
  if (isNorthAmerican(alone) && isAlone(groups, at, at)) {
    return addPhone(scanning, groups, { at, last: at, isCertain: hasCue });
  }
  return trunk(scanning, groups, at, hasCue);
}

function trunk(
  scanning: Scanning,
  groups: Groups,
  at: number,
  hasCue: boolean,
): number | undefined {
  if (groups.text.charCodeAt(groups.starts[at] ?? 0) !== ZERO) return undefined;
  const last = trunkEnd(groups, at);
  if (last !== undefined) {
    return addPhone(scanning, groups, { at, last, isCertain: hasCue || last > at + 1 });
  }
  const isLong = /^0[1-9][0-9]{8,10}$/.test(digitsOf(groups, at, at));
  if (!isLong || !isAlone(groups, at, at)) return undefined;
  return addPhone(scanning, groups, { at, last: at, isCertain: hasCue });
}

/** The last group of a number with a trunk zero, as most of Europe, Asia and Africa write it. */
function trunkEnd(groups: Groups, at: number): number | undefined {
  if (isZero(groups.text, (groups.starts[at] ?? 0) + 1)) return undefined;
  let digits = 0;
  let end: number | undefined;
  for (let last = at; last < groups.starts.length; last++) {
    const size = lengthOf(groups, last);
    digits += size;
    if (size < 2 || size > 8 || digits > 12) break;
    if (last > at && digits >= 9) end = last;
  }
  return end;
}

type Phone = { readonly at: number; readonly last: number; readonly isCertain: boolean };

function addPhone(scanning: Scanning, groups: Groups, phone: Phone): number | undefined {
  const { at, last, isCertain } = phone;
  if (!endsClean(groups, last) || !isAlone(groups, at, last)) return undefined;
  const [first, end] = spanOf(groups, at, last);
  const start = groups.text.charCodeAt(first - 1) === OPEN ? first - 1 : first;
  if (isCertain) scanning.add('phone', start, end);
  else scanning.addAmbiguous('phone', start, end, 'low');
  return last + 1;
}

/** The last group with which there are at most `most` digits. */
function lastWithin(groups: Groups, at: number, most: number): number {
  let last = at;
  let digits = lengthOf(groups, at);
  while (last + 1 < groups.starts.length) {
    digits += lengthOf(groups, last + 1);
    if (digits > most) break;
    last += 1;
  }
  return last;
}

function lengthOf({ starts, ends }: Groups, at: number): number {
  return (ends[at] ?? 0) - (starts[at] ?? 0);
}

function lengthsOf(groups: Groups, at: number, last: number): readonly number[] {
  return groups.starts.slice(at, last + 1).map((_, each) => lengthOf(groups, at + each));
}

/** Digits of these groups; none when they are more than any number has. */
function digitsOf({ digits, offsets }: Groups, at: number, last: number): string {
  const [start, end] = [offsets[at] ?? 0, offsets[last + 1] ?? digits.length];
  return end - start > MOST_DIGITS ? '' : digits.slice(start, end);
}

function spanOf({ starts, ends }: Groups, at: number, last: number): [number, number] {
  return [starts[at] ?? 0, ends[last] ?? 0];
}

/** What stands before a group: the signs between it and the one before, or nothing. */
function gap({ text, starts, ends }: Groups, at: number): string {
  const [before, start] = [ends[at - 1], starts[at]];
  return before === undefined || start === undefined ? '' : text.slice(before, start);
}

function endsClean({ text, ends }: Groups, last: number): boolean {
  return isWordBoundary(text, ends[last] ?? 0);
}

/** Whether what parts it inside does not also join it to digits outside. */
function isAlone(groups: Groups, at: number, last: number): boolean {
  if (!endsClean(groups, last)) return false;
  const outside = [gap(groups, at), gap(groups, last + 1)].filter((sign) => sign !== '');
  if (outside.length === 0) return true;
  if (outside.some((sign) => sign === '-' || sign === '.' || sign === '/')) return false;
  for (let each = at + 1; each <= last; each++) {
    if (outside.includes(gap(groups, each))) return false;
  }
  return true;
}

function signsIn(groups: Groups, at: number, last: number): ReadonlySet<string> {
  const signs = new Set<string>();
  for (let each = at + 1; each <= last; each++) signs.add(gap(groups, each));
  return signs;
}
