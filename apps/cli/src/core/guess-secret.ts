import type { Assignment } from './dotenv.ts';

export type Place = { readonly server: string; readonly origin: string };

/** A secret as it would be put. */
export type Guess = {
  readonly name: string;
  readonly kind: 'bearer' | 'header' | 'basic' | 'sigv4' | 'evm_key' | 'webhook';
  readonly header?: string;
  readonly region?: string;
  readonly service?: string;
  /** Undefined where nobody said, and no service goes by this name. */
  readonly place: Place | undefined;
  /** Of which lines it is made. */
  readonly lines: readonly number[];
  readonly secret: string;
};

export type Guesses = {
  readonly secrets: readonly Guess[];
  /** What looks like a setting, not a secret. */
  readonly settings: readonly Assignment[];
};

/** Where a service of this name takes its credential; by the first word of a variable. */
const SERVICES: Readonly<Record<string, Place & { readonly header?: string }>> = {
  anthropic: place('anthropic', 'https://api.anthropic.com', 'x-api-key'),
  github: place('github', 'https://api.github.com'),
  gitlab: place('gitlab', 'https://gitlab.com'),
  linear: place('linear', 'https://api.linear.app'),
  notion: place('notion', 'https://api.notion.com'),
  openai: place('openai', 'https://api.openai.com'),
  slack: place('slack', 'https://slack.com'),
  stripe: place('stripe', 'https://api.stripe.com'),
};

const SECRET_NAME = /(^|_)(TOKEN|KEY|APIKEY|SECRET|PAT|PASSWORD|PASSWD|BEARER|CREDENTIALS?)(_|$)/;
const PUBLIC_NAME = /(^|_)(PUBLIC|PUBLISHABLE|ID|URL|HOST|PORT|REGION)$/;
const EVM_KEY = /^(0x)?[0-9a-fA-F]{64}$/;

/** What the assignments of a `.env` file are, as far as their names tell. */
export function guessSecrets(
  assignments: readonly Assignment[],
  places: ReadonlyMap<string, Place>,
): Guesses {
  const byName = new Map(assignments.map((each) => [each.name, each]));
  const secrets: Guess[] = [];
  const used = new Set<string>();
  for (const given of assignments) {
    if (used.has(given.name)) continue;
    const made = pairOf(given, byName) ?? singleOf(given);
    if (made === undefined) continue;
    for (const name of made.from) used.add(name);
    const name = freeName(given.name, secrets);
    const lines = made.from.map((each) => byName.get(each)?.line ?? 0);
    const known = serviceOf(given.name);
    const { from: _, ...about } = made;
    const header = about.kind === 'bearer' ? known?.header : undefined;
    const kind = header === undefined ? {} : ({ kind: 'header', header } as const);
    const at = places.get(given.name) ?? about.place ?? placeIn(known, about.kind);
    secrets.push({ name, lines, ...about, ...kind, place: at });
  }
  return { secrets, settings: assignments.filter(({ name }) => !used.has(name)) };
}

function serviceOf(variable: string) {
  const word = variable.split('_')[0]?.toLowerCase() ?? '';
  return Object.hasOwn(SERVICES, word) ? SERVICES[word] : undefined;
}

/** Names of secrets are in lower case: two variables that become one get a number. */
function freeName(variable: string, others: readonly Guess[]): string {
  const stem = variable.toLowerCase().replace(/^_+/, '').slice(0, 60);
  const isTaken = (name: string): boolean => others.some((each) => each.name === name);
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? stem : `${stem}_${count}`;
    if (!isTaken(name)) return name;
  }
}

type Made = Omit<Guess, 'name' | 'lines' | 'place'> & {
  readonly place?: Place;
  readonly from: readonly string[];
};

/** Secrets that take several lines: the keys of AWS, a user with a password. */
function pairOf({ name, value }: Assignment, byName: ReadonlyMap<string, Assignment>) {
  const of = (other: string): string | undefined => byName.get(other)?.value;
  const isThere = (each: string): boolean => byName.has(each);
  if (name === 'AWS_ACCESS_KEY_ID' || name === 'AWS_SECRET_ACCESS_KEY') {
    return awsOf({ of, isThere });
  }
  const [, before, part] = /^(.*_)?(USERNAME|USER|PASSWORD)$/.exec(name) ?? [];
  if (part === undefined) return undefined;
  const stem = before ?? '';
  const user = [`${stem}USERNAME`, `${stem}USER`].find(isThere);
  const password = part === 'PASSWORD' ? value : of(`${stem}PASSWORD`);
  if (user === undefined || password === undefined) return undefined;
  const secret = JSON.stringify({ username: of(user), password });
  return { kind: 'basic', secret, from: [user, `${stem}PASSWORD`] } satisfies Made;
}

type Looking = {
  readonly of: (name: string) => string | undefined;
  readonly isThere: (name: string) => boolean;
};

function awsOf({ of, isThere }: Looking): Made | undefined {
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  if (!keys.every(isThere)) return undefined;
  const token = of('AWS_SESSION_TOKEN');
  const secret = JSON.stringify({
    access_key_id: of('AWS_ACCESS_KEY_ID'),
    secret_access_key: of('AWS_SECRET_ACCESS_KEY'),
    ...(token === undefined ? {} : { session_token: token }),
  });
  const region = of('AWS_REGION') ?? of('AWS_DEFAULT_REGION') ?? 'us-east-1';
  const more = [...keys, 'AWS_SESSION_TOKEN', 'AWS_REGION', 'AWS_DEFAULT_REGION'];
  const from = more.filter(isThere);
  const at = { server: 'aws', origin: `https://s3.${region}.amazonaws.com` };
  return { kind: 'sigv4', secret, region, service: 's3', place: at, from };
}

function singleOf({ name, value }: Assignment): Made | undefined {
  const from = [name];
  if (/PRIVATE_KEY$/.test(name) && EVM_KEY.test(value)) {
    const at = { server: 'evm', origin: 'evm:1' };
    return { kind: 'evm_key', secret: value, place: at, from };
  }
  if (!SECRET_NAME.test(name) || PUBLIC_NAME.test(name)) return undefined;
  if (!/WEBHOOK/.test(name)) return { kind: 'bearer', secret: value, from };
  const header = name.startsWith('GITHUB_') ? 'x-hub-signature-256' : 'x-signature';
  return { kind: 'webhook', secret: JSON.stringify({ secret: value }), header, from };
}

/** A webhook goes to whom its owner calls; no service is known by its name. */
function placeIn(known: Place | undefined, kind: Guess['kind']): Place | undefined {
  if (known === undefined || kind === 'webhook') return undefined;
  return { server: known.server, origin: known.origin };
}

function place(server: string, origin: string, header?: string) {
  return { server, origin, ...(header === undefined ? {} : { header }) };
}
