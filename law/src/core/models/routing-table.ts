import { secureUrl } from '@ioi/basis';

/** How a server of models is spoken to; many others speak as OpenAI does. */
export type ProviderShape = (typeof SHAPES)[number];

/** Of a million tokens, in decimal digits. */
export type ModelPrice = {
  readonly input: string;
  readonly output: string;
  readonly unit: string;
};

/** One model at one server: of this machine, or elsewhere by https and with a key. */
export type ModelCandidate = {
  readonly provider: ProviderShape;
  /** Before the path that its shape has: `http://127.0.0.1:11434`. */
  readonly url: string;
  readonly model: string;
  /** The secret of the vault that it is asked with; the edge alone puts it in. */
  readonly key?: string;
  readonly price?: ModelPrice;
};

/** Names that workers know models by, each with candidates in the order they are tried. */
export type RoutingTable = Readonly<Record<string, readonly ModelCandidate[]>>;

const SHAPES = ['openai', 'openai-responses', 'anthropic', 'gemini', 'ollama'] as const;
const ROUTE = /^[a-z][a-z0-9_-]{0,63}$/;
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/;
/** By number, or by the one name that no resolver is asked for. */
const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(\/[A-Za-z0-9._~/-]*)?$/;
/** In the one spelling that every reader of URLs agrees on. */
const FAR = /^https:\/\/[a-z0-9][a-z0-9.-]{0,252}(:[0-9]{1,5})?(\/[A-Za-z0-9._~/-]*)?$/;
const KEY = /^[a-z][a-z0-9_-]{0,63}$/;
const AMOUNT = /^(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?$/;
const UNIT = /^[A-Za-z]{1,16}$/;
const MOST_ROUTES = 64;
const MOST_CANDIDATES = 8;
const FIELDS = ['provider', 'url', 'model', 'key', 'price'];

/** Where a table is wrong and why; undefined for one that is sound. */
export function wrongInModels(given: unknown): string | undefined {
  if (!isObject(given)) return ' must be an object';
  const routes = Object.entries(given);
  if (routes.length > MOST_ROUTES) return ` has more than ${MOST_ROUTES} routes`;
  for (const [route, candidates] of routes) {
    if (!ROUTE.test(route)) return `/${route} must be lower case letters, digits, - and _`;
    if (!Array.isArray(candidates) || candidates.length === 0) return `/${route} must be a list`;
    if (candidates.length > MOST_CANDIDATES) return `/${route} has more than ${MOST_CANDIDATES}`;
    for (const [at, each] of candidates.entries()) {
      const wrong = wrongInCandidate(each);
      if (wrong !== undefined) return `/${route}/${at}${wrong}`;
    }
    const units = (candidates as readonly ModelCandidate[]).flatMap(
      ({ price }) => price?.unit ?? [],
    );
    if (new Set(units).size > 1) return `/${route} has prices in more than one unit`;
  }
  return undefined;
}

function wrongInCandidate(given: unknown): string | undefined {
  if (!isObject(given)) return ' must be an object';
  const unknown = Object.keys(given).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return `/${unknown} is not known; known are ${FIELDS.join(', ')}`;
  const { provider, url, model, key, price } = given;
  if (!SHAPES.some((each) => each === provider)) return `/provider is one of ${SHAPES.join(', ')}`;
  if (typeof model !== 'string' || !MODEL.test(model)) return '/model must be the name of a model';
  if (typeof url !== 'string' || !(LOCAL.test(url) || isFar(url))) {
    return '/url must be https, or http at 127.0.0.1, localhost or [::1]';
  }
  if (key !== undefined && (typeof key !== 'string' || !KEY.test(key))) {
    return '/key must be the name of a secret of the vault';
  }
  if (key === undefined && isFar(url)) return '/key is needed: it is a server elsewhere';
  return price === undefined || isPrice(price) ? undefined : '/price must have input, output, unit';
}

function isPrice(given: unknown): boolean {
  if (!isObject(given) || Object.keys(given).length !== 3) return false;
  const { input, output, unit } = given;
  const isAmount = (each: unknown): boolean => typeof each === 'string' && AMOUNT.test(each);
  return isAmount(input) && isAmount(output) && typeof unit === 'string' && UNIT.test(unit);
}

/** As it is sealed: whoever reads a receipt reads what was to be asked, and in which order. */
export function nameOfCandidate({ provider, model, url, key }: ModelCandidate): string {
  return [provider, model, url, ...(key === undefined ? [] : [key])].join(' ');
}

/** The candidate of such a name; undefined where it is the name of none. */
export function candidateNamed(name: string): ModelCandidate | undefined {
  const [provider, model, url, key, ...more] = name.split(' ');
  const given = { provider, model, url, ...(key === undefined ? {} : { key }) };
  return more.length > 0 || wrongInCandidate(given) !== undefined
    ? undefined
    : (given as ModelCandidate);
}

/** The secrets that a route is asked with, each once. */
export function modelKeysOf(candidates: readonly ModelCandidate[]): readonly string[] {
  return [...new Set(candidates.flatMap(({ key }) => key ?? []))].sort();
}

function isFar(url: string): boolean {
  const href = FAR.test(url) ? secureUrl(url)?.href : undefined;
  return href !== undefined && (href === url || href === `${url}/`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
