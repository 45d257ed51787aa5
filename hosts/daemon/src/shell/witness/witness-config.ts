import { type NoteKey, parseNoteKey } from '@ioi/crypto';
import { isOpenDomain } from '@ioi/protocol';

/** A witness as node.json names it. */
export type WitnessTarget = {
  readonly name: string;
  /** Submission prefix, without a slash at the end. */
  readonly url: string;
  /** Verifier keys, all of which must sign. */
  readonly keys: readonly NoteKey[];
  /** Without it no effect starts. */
  readonly required: boolean;
  /** Ids of the domains it covers beside the node's own log; every one when absent. */
  readonly domains?: readonly string[];
};

const SCHEME = 'agentgres://domain/';

/** Whether a witness cosigns a domain beside the node's own log. */
export function covers({ domains }: WitnessTarget, domainId: string): boolean {
  return domains === undefined || domains.includes(domainId);
}

const KNOWN = ['name', 'url', 'key', 'required', 'domains'];
/** All their signatures must fit one note. */
const MOST_WITNESSES = 8;
const MOST_KEYS = 2;

/** Reads `/witnesses` of node.json: the targets, or what is wrong and where below it. */
export function readWitnesses(
  value: unknown,
): { readonly targets: readonly WitnessTarget[] } | { readonly wrong: string } {
  if (value === undefined) return { targets: [] };
  if (!Array.isArray(value)) return { wrong: ' must be a list' };
  if (value.length > MOST_WITNESSES) return { wrong: ` are ${MOST_WITNESSES} at most` };
  const targets: WitnessTarget[] = [];
  for (const [index, each] of value.entries()) {
    const read = readWitness(each);
    if (typeof read === 'string') return { wrong: `/${index}${read}` };
    if (targets.some(({ name }) => name === read.name)) {
      return { wrong: `/${index}/name ${read.name} is taken` };
    }
    targets.push(read);
  }
  return { targets };
}

function readWitness(value: unknown): WitnessTarget | string {
  if (typeof value !== 'object' || value === null) return ' must be an object';
  const { name, url, key, required = false, domains } = value as Record<string, unknown>;
  const unknown = Object.keys(value).find((each) => !KNOWN.includes(each));
  if (unknown) return `/${unknown} is not known; known are ${KNOWN.join(', ')}`;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,63}$/.test(name)) {
    return '/name must be lower case letters, digits, - and _';
  }
  if (typeof required !== 'boolean') return '/required must be true or false';
  const prefix = typeof url === 'string' ? prefixOf(url) : undefined;
  if (prefix === undefined) return '/url must be http or https, without user, query and fragment';
  const texts = Array.isArray(key) ? key : [key];
  if (texts.length === 0 || texts.length > MOST_KEYS) return '/key must be one key or two';
  const keys: NoteKey[] = [];
  for (const text of texts) {
    const parsed = parseNoteKey(String(text));
    if (!parsed.ok) return `/key is no verifier key: ${parsed.error.message}`;
    keys.push(parsed.value);
  }
  if (domains === undefined) return { name, url: prefix, keys, required };
  const ids = domainsIn(domains);
  if (ids === undefined) return '/domains must be a list of domains, such as market.example';
  return { name, url: prefix, keys, required, domains: ids };
}

/** By their ids, or what stands after the scheme. */
function domainsIn(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids = value.map((name) => `${SCHEME}${String(name).replace(SCHEME, '')}`);
  return ids.every((id) => isOpenDomain({ domain_id: id })) ? ids : undefined;
}

function prefixOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  const hasMore = [url.username, url.password, url.search, url.hash].some((part) => part !== '');
  return hasMore ? undefined : `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
