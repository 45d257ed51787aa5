import type { PiiClass } from './classes.ts';

/**
 * What one word is, slowly and obviously: the whole word or nothing, one pattern and one rule for
 * each class. Only for tests, beside the scanner that finds the same in running text.
 */
export function classOfWord(word: string): PiiClass | undefined {
  return CLASSES.find(([, isOne]) => isOne(word))?.[0];
}

const CLASSES: readonly (readonly [PiiClass, (word: string) => boolean])[] = [
  ['jwt', (word) => /^eyJ[\w-]{8,}\.eyJ[\w-]{7,}\.[\w-]{10,}$/.test(word)],
  ['api_key', (word) => API_KEYS.some((pattern) => pattern.test(word))],
  ['iban', isIban],
  ['email', isEmail],
  ['ssn', (word) => /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(word)],
  ['card_pan', isCard],
  ['phone', (word) => /^\+1[2-9]\d{9}$/.test(word)],
  ['ip_address', isIpv4],
];

const API_KEYS = [
  /^(?:AKIA|ASIA)[A-Z0-9]{16}$/,
  /^gh[pousr]_[A-Za-z0-9]{36,}$/,
  /^glpat-[\w-]{20,}$/,
  /^sk_live_[A-Za-z0-9]{16,}$/,
  /^github_pat_\w{22,}$/,
  /^sk-[\w-]{20,}$/,
  /^npm_[A-Za-z0-9]{36,}$/,
  /^AIza[\w-]{35}$/,
  /^xoxb-[\w-]{20,}$/,
];

const LENGTHS: Readonly<Record<string, number>> = { DE: 22, GB: 22, FR: 27, NL: 18, NO: 15 };

function isIban(word: string): boolean {
  const text = word.toUpperCase();
  if (!/^[A-Z]{2}\d\d[A-Z0-9]+$/.test(text) || text.length !== LENGTHS[text.slice(0, 2)])
    return false;
  const turned = [...text.slice(4), ...text.slice(0, 4)];
  const digits = turned.map((each) => Number.parseInt(each, 36)).join('');
  return BigInt(digits) % 97n === 1n;
}

function isEmail(word: string): boolean {
  const [local = '', domain = '', ...more] = word.split('@');
  const labels = domain.split('.');
  return (
    more.length === 0 &&
    /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*$/.test(local) &&
    labels.length > 1 &&
    labels.every((label) => /^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/.test(label)) &&
    /^[A-Za-z]{2,}$/.test(labels.at(-1) ?? '')
  );
}

const CARDS = /^(?:4\d{15}|5[1-5]\d{14}|2[3-6]\d{14}|3[47]\d{13}|6011\d{12,15}|65\d{14,17})$/;

function isCard(written: string): boolean {
  const isGrouped = /^\d{4}-\d{4}-\d{4}-\d{4}$|^\d{4}-\d{6}-\d{5}$/.test(written);
  const word = isGrouped ? written.replaceAll('-', '') : written;
  const isIssued = CARDS.test(word);
  const doubled = [...word].reverse().map((digit, at) => Number(digit) * (1 + (at % 2)));
  const sum = doubled.reduce((total, each) => total + (each > 9 ? each - 9 : each), 0);
  return isIssued && sum % 10 === 0;
}

function isIpv4(word: string): boolean {
  const octets = word.split('.');
  return (
    octets.length === 4 && octets.every((each) => /^(?:0|[1-9]\d{0,2})$/.test(each) && +each < 256)
  );
}
