import type { SeededRandom } from '@ioi/basis';
import type { PiiClass } from '../core/cim/index.ts';

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const DIGITS = '0123456789';
const ALL = UPPER + LOWER + DIGITS;

/** Values of every class and of what only looks like one, drawn with valid checksums. */
export class PiiValues {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)] as T;
  }

  chars(count: number, alphabet: string): string {
    return Array.from({ length: count }, () => this.pick([...alphabet])).join('');
  }

  digits(count: number): string {
    return this.chars(count, DIGITS);
  }

  of(piiClass: PiiClass): string {
    return VALUES[piiClass](this);
  }

  like(name: string): string {
    return (LIKE[name] ?? ((): string => name))(this);
  }
}

type Draw = (values: PiiValues) => string;

const NAMES = ['anna', 'bob.smith', 'chen_li', 'd.okafor', 'eva-maria', 'farid', 'gita.rao+work'];
const HOSTS = ['example.com', 'mail.example.org', 'uni-koeln.de', 'corp.co.uk', 'startup.io'];

const VALUES: Readonly<Record<PiiClass, Draw>> = {
  email: (v) => `${v.pick(NAMES)}${v.pick(['', v.digits(2)])}@${v.pick(HOSTS)}`,
  phone: (v) => v.pick(PHONES)(v),
  ssn: (v) =>
    `${v.pick(['123', '219', '457', '078'])}-${v.pick(['05', '45', '99'])}-${1 + v.digits(3)}`,
  card_pan: (v) => grouped(cardOf(v), v.pick(['', ' ', '-'])),
  iban: (v) => {
    const iban = ibanOf(v);
    return v.pick([iban, (iban.match(/.{1,4}/g) ?? []).join(' ')]);
  },
  ip_address: (v) => v.pick([ipv4Of, ipv6Of])(v),
  api_key: (v) => v.pick(KEYS)(v),
  jwt: (v) => `eyJ${v.chars(17, ALL)}.eyJ${v.chars(40, ALL)}.${v.chars(43, `${ALL}-_`)}`,
  private_key: (v) =>
    [
      '-----BEGIN PRIVATE KEY-----',
      v.chars(64, ALL),
      v.chars(40, ALL),
      '-----END PRIVATE KEY-----',
    ].join('\n'),
  generic_secret: (v) => `${v.chars(4, LOWER)}${v.digits(2)}${v.chars(22, ALL)}${v.digits(1)}x`,
};

const PHONES: readonly Draw[] = [
  (v) => `+1 ${v.pick(['415', '212', '646'])} ${v.pick(['555', '867'])} ${v.digits(4)}`,
  (v) => `+1${v.pick(['415', '212'])}555${v.digits(4)}`,
  (v) => `(${v.pick(['303', '718'])}) 555-${v.digits(4)}`,
  (v) => `${v.pick(['303', '718'])}-555-${v.digits(4)}`,
  (v) => `${v.pick(['303', '718'])}.555.${v.digits(4)}`,
  (v) => `+44 20 7946 0${v.digits(3)}`,
  (v) => `+49 30 ${v.digits(4)}${1 + v.digits(3)}`,
  (v) => `+33 6 ${v.digits(2)} ${v.digits(2)} ${v.digits(2)} ${v.digits(2)}`,
  (v) => `06 ${v.digits(2)} ${v.digits(2)} ${v.digits(2)} ${v.digits(2)}`,
  (v) => `020 7946 0${v.digits(3)}`,
  (v) => `+91 98${v.digits(3)} ${v.digits(5)}`,
];

const KEYS: readonly Draw[] = [
  (v) => `AKIA${v.chars(16, UPPER + DIGITS)}`,
  (v) => `ghp_${v.chars(36, ALL)}`,
  (v) => `github_pat_${v.chars(22, ALL)}_${v.chars(59, ALL)}`,
  (v) => `glpat-${v.chars(20, ALL)}`,
  (v) => `xoxb-${v.digits(12)}-${v.digits(12)}-${v.chars(24, ALL)}`,
  (v) => `sk_live_${v.chars(24, ALL)}`,
  (v) => `AIza${v.chars(35, ALL)}`,
  (v) => `sk-proj-${v.chars(40, ALL)}`,
  (v) => `sk-ant-api03-${v.chars(60, ALL)}`,
  (v) => `npm_${v.chars(36, ALL)}`,
];

/** What is none, by the name it has in templates. */
const LIKE: Readonly<Record<string, Draw>> = {
  date: (v) =>
    v.pick([`2024-0${1 + (Number(v.digits(1)) % 9)}-1${v.digits(1)}`, `1${v.digits(1)}/03/2024`]),
  time: (v) => `1${v.digits(1)}:4${v.digits(1)}:0${v.digits(1)}`,
  order: (v) => `ORD-${v.digits(4)}-${v.digits(6)}`,
  uuid: (v) => {
    const hex = (count: number): string => v.chars(count, '0123456789abcdef');
    return [hex(8), hex(4), `4${hex(3)}`, `a${hex(3)}`, hex(12)].join('-');
  },
  hash: (v) => v.chars(40, '0123456789abcdef'),
  version: (v) => `v${v.digits(1)}.${v.digits(2)}.${v.digits(1)}`,
  amount: (v) => `${v.pick(['1', '27', '930'])},${v.digits(3)}.${v.digits(2)}`,
  count: (v) => `${1 + v.digits(4)}`,
  badCard: (v) => broken(cardOf(v)),
  badIban: (v) => broken(ibanOf(v)),
  badSsn: (v) => `${v.pick(['000', '666', '912'])}-12-3456`,
  badIp: (v) => `10.${v.digits(1)}.300.${v.digits(1)}`,
  path: (v) => `/usr/lib/${v.chars(6, LOWER)}/${v.chars(5, LOWER)}.so`,
  word: (v) => v.pick(['invoice', 'meeting', 'draft', 'tokenizer', 'secretary', 'password policy']),
};

/** One digit more than it should be: no checksum holds. */
function broken(value: string): string {
  return value.slice(0, -1) + ((Number(value.at(-1)) + 1) % 10);
}

function cardOf(v: PiiValues): string {
  const prefix = v.pick(['4', '51', '55', '2300', '34', '37', '6011', '65']);
  const size = prefix.startsWith('3') ? 15 : 16;
  const body = prefix + v.digits(size - 1 - prefix.length);
  const last = [...DIGITS].find((digit) => luhn(body + digit) % 10 === 0);
  return `${body}${last}`;
}

function luhn(digits: string): number {
  const doubled = [...digits].reverse().map((digit, at) => Number(digit) * (1 + (at % 2)));
  return doubled.reduce((sum, each) => sum + (each > 9 ? each - 9 : each), 0);
}

function grouped(card: string, sign: string): string {
  const parts = card.length === 15 ? /(.{4})(.{6})(.{5})/ : /(.{4})(.{4})(.{4})(.{4})/;
  return (parts.exec(card) ?? []).slice(1).join(sign);
}

function ibanOf(v: PiiValues): string {
  const [country, size] = v.pick([
    ['DE', 18],
    ['NL', 14],
    ['FR', 23],
    ['NO', 11],
  ] as const);
  const body = country === 'NL' ? `INGB${v.digits(size - 4)}` : v.digits(size);
  const turned = [...`${body}${country}00`].map((each) => Number.parseInt(each, 36)).join('');
  const check = String(98n - (BigInt(turned) % 97n)).padStart(2, '0');
  return `${country}${check}${body}`;
}

function ipv4Of(v: PiiValues): string {
  const first = v.pick(['10', '172', '192', '203']);
  return `${first}.${v.pick(['168', '20'])}.${v.pick(['113', '7'])}.1${v.digits(2)}`;
}

function ipv6Of(v: PiiValues): string {
  const hex = (): string => `${v.pick(['1', 'a', 'f'])}${v.chars(3, '0123456789abcdef')}`;
  return v.pick([`2001:db8:${hex()}::${hex()}`, `fe80::${hex()}:${hex()}:${hex()}:${hex()}`]);
}
