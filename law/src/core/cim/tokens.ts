import { DOT, isAlphanumeric, isTokenCode, runEnd, tokenEnd, UNDERSCORE } from './characters.ts';
import type { PiiClass } from './classes.ts';
import type { Scanning } from './scanning.ts';

/** A kind of credential that says by its beginning what it is. */
type TokenShape = {
  readonly prefix: string;
  /** Characters behind the prefix. */
  readonly least: number;
  readonly most: number;
  readonly accepts: (code: number) => boolean;
};

const LONGEST = 1024;
/** Two parts with a dot between; the first is asked for before the whole is read. */
const PARTED = 'SG.';
const LEAST_PART = 16;

const isUpper = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
const isNarrow = (code: number): boolean => isAlphanumeric(code) || code === UNDERSCORE;

const shape = (
  prefix: string,
  least: number,
  accepts: TokenShape['accepts'],
  most = LONGEST,
): TokenShape => ({ prefix, least, most, accepts });

/** As their issuers publish them; the longer of two beginnings first. */
const SHAPES: readonly TokenShape[] = [
  shape('AKIA', 16, isUpper, 16),
  shape('ASIA', 16, isUpper, 16),
  shape('ABIA', 16, isUpper, 16),
  shape('ACCA', 16, isUpper, 16),
  shape('AIza', 35, isTokenCode, 35),
  shape('AGE-SECRET-KEY-1', 58, isUpper, 58),
  shape('GOCSPX-', 28, isTokenCode, 28),
  shape(PARTED, 60, (code) => isTokenCode(code) || code === DOT, 80),
  shape('dop_v1_', 64, isAlphanumeric, 64),
  shape('ghp_', 36, isAlphanumeric),
  shape('gho_', 36, isAlphanumeric),
  shape('ghu_', 36, isAlphanumeric),
  shape('ghs_', 36, isAlphanumeric),
  shape('ghr_', 36, isAlphanumeric),
  shape('github_pat_', 22, isNarrow),
  shape('glpat-', 20, isTokenCode),
  shape('gldt-', 20, isTokenCode),
  shape('glrt-', 20, isTokenCode),
  shape('hf_', 30, isAlphanumeric),
  shape('npm_', 36, isAlphanumeric),
  shape('pypi-', 50, isTokenCode),
  shape('rk_live_', 16, isAlphanumeric),
  shape('rk_test_', 16, isAlphanumeric),
  shape('shpat_', 32, isAlphanumeric),
  shape('sk-ant-', 20, isTokenCode),
  shape('sk-proj-', 20, isTokenCode),
  shape('sk-svcacct-', 20, isTokenCode),
  shape('sk-', 20, isTokenCode),
  shape('sk_live_', 16, isAlphanumeric),
  shape('sk_test_', 16, isAlphanumeric),
  shape('whsec_', 24, isTokenCode),
  shape('xapp-', 20, isTokenCode),
  shape('xoxa-', 20, isTokenCode),
  shape('xoxb-', 20, isTokenCode),
  shape('xoxe-', 20, isTokenCode),
  shape('xoxp-', 20, isTokenCode),
  shape('xoxr-', 20, isTokenCode),
  shape('xoxs-', 20, isTokenCode),
  shape('ya29.', 20, isTokenCode),
];

/** By the code of the first letter; all of them are ASCII. */
const BY_FIRST: readonly (readonly TokenShape[] | undefined)[] = Array.from(
  { length: 128 },
  (_, code) => {
    const own = SHAPES.filter(({ prefix }) => prefix.charCodeAt(0) === code);
    return own.length === 0 ? undefined : own;
  },
);

/** Different characters a token must have: `ghp_xxxxxxxx…` is a placeholder. */
const LEAST_DISTINCT = 6;

/** More nobody asks for. */
const MOST_DISTINCT = 8;

const JWT_START = 'eyJ';
const LEAST_JWT_PART = 10;

type Token = { readonly class: PiiClass; readonly end: number };

/** The credential that begins here, where a word begins. */
export function tokenAt(scanning: Scanning, start: number): Token | undefined {
  const { text } = scanning;
  const code = text.charCodeAt(start);
  if (code === 101 && text.startsWith(JWT_START, start)) return jwtAt(scanning, start);
  const shapes = BY_FIRST[code];
  if (shapes === undefined) return undefined;
  for (const { prefix, least, most, accepts } of shapes) {
    if (!text.startsWith(prefix, start)) continue;
    const from = start + prefix.length;
    if (prefix === PARTED && scanning.tokenRunEnd(from) - from < LEAST_PART) continue;
    const end =
      accepts === isTokenCode
        ? Math.min(scanning.tokenRunEnd(from), from + most)
        : runEnd(text, from, accepts, most);
    const isWhole = most === LONGEST || !isAlphanumeric(text.charCodeAt(end));
    if (end - from >= least && isWhole && distinct(text, from, end) >= LEAST_DISTINCT) {
      return { class: 'api_key', end };
    }
    const broken = brokenEnd(text, end, { least, most, accepts }, from);
    if (broken !== undefined) return { class: 'api_key', end: broken };
  }
  return undefined;
}

const LINE_BREAK = /(?:\r?\n|\\r?\\n|\\n)[ \t>]{0,16}/y;
const MOST_BREAKS = 4;
const LEAST_PIECE = 4;

/** Where a credential ends that lines were broken in; it must look drawn by lot, as one. */
function brokenEnd(
  text: string,
  first: number,
  { least, most, accepts }: Omit<TokenShape, 'prefix'>,
  from: number,
): number | undefined {
  let joined = text.slice(from, first);
  let end = first;
  if (joined.length < LEAST_PIECE) return undefined;
  for (let breaks = 0; breaks < MOST_BREAKS && joined.length < most; breaks++) {
    LINE_BREAK.lastIndex = end;
    const gap = LINE_BREAK.exec(text)?.[0].length ?? 0;
    const next = runEnd(text, end + gap, accepts, most - joined.length);
    if (gap === 0 || next === end + gap) break;
    joined += text.slice(end + gap, next);
    end = next;
    if (joined.length >= least) break;
  }
  const isOne = joined.length >= least && !isAlphanumeric(text.charCodeAt(end));
  const isMixed = /[0-9]/.test(joined) && /[A-Za-z]/.test(joined);
  return isOne && isMixed && distinct(joined, 0, joined.length) === MOST_DISTINCT ? end : undefined;
}

/** Three parts in base64url; the first two are JSON objects and so begin alike. */
function jwtAt(scanning: Scanning, start: number): Token | undefined {
  const { text } = scanning;
  const header = scanning.tokenRunEnd(start);
  if (header - start < LEAST_JWT_PART || text.charCodeAt(header) !== DOT) return undefined;
  // Whatever begins in this run has the same parts behind it: they are looked at once.
  if (scanning.noJwtBefore >= header || !text.startsWith(JWT_START, header + 1)) return undefined;
  scanning.noJwtBefore = header;
  const payload = tokenEnd(text, header + 1);
  if (payload - header <= LEAST_JWT_PART || text.charCodeAt(payload) !== DOT) return undefined;
  const end = tokenEnd(text, payload + 1);
  return end - payload > LEAST_JWT_PART ? { class: 'jwt', end } : undefined;
}

/** How many different characters the first 64 of a text are, eight at most; it is ASCII. */
export function distinct(text: string, start: number, end: number): number {
  const last = Math.min(end, start + 64);
  const seen = [0, 0, 0, 0];
  let count = 0;
  for (let at = start; at < last && count < MOST_DISTINCT; at++) {
    const code = text.charCodeAt(at);
    const word = (code >> 5) & 3;
    const bit = 1 << (code & 31);
    const mask = seen[word] ?? 0;
    if ((mask & bit) === 0) count += 1;
    seen[word] = mask | bit;
  }
  return count;
}
