import { readFileSync } from 'node:fs';
import type { SeededRandom } from '@ioi/basis';
import { mutant, pick, type Template } from '../frames/mutate.ts';
import type { ApiDocument, Operation } from './document.ts';
import { HOSTILE, type ValueSource, valueFor } from './make-value.ts';
import type { Asked } from './send.ts';

const VECTORS = new URL('../../../../protocol/vectors/artifacts.jsonl', import.meta.url);

/** By `METHOD path`, members that lead somewhere on the node; else by the name of the member. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** By `METHOD path`, bodies that are taken. */
export type Bodies = Readonly<Record<string, readonly object[]>>;

export type Leads = { readonly known: Known; readonly bodies: Bodies };

export type Made = { readonly asked: Asked; readonly mayMiss: boolean };

/** The end of a path, of many steps: of a tile. */
const WITH_SLASHES = 'path';
/** Values of a path that leave nothing, or another path, where a member should be. */
const NOTHING: readonly string[] = ['', '.', '..'];

/** An operation with these members of its path and query, as they are. */
export function requestFor(
  { method, path, parameters }: Operation,
  member: (name: string) => string | undefined,
): Made {
  const values = new Map(parameters.map(({ name }) => [name, member(name)]));
  const filled = path.replace(/\{([a-z_]+)\}/g, (_, name) => {
    const value = encoded(values.get(name) ?? '');
    return name === WITH_SLASHES ? value.replaceAll('%2F', '/') : value;
  });
  const query = parameters.flatMap((each) => {
    const value = each.in === 'query' ? values.get(each.name) : undefined;
    return value === undefined ? [] : [`${each.name}=${encoded(value)}`];
  });
  const inPath = parameters.filter((each) => each.in === 'path');
  const mayMiss = inPath.some(
    ({ name }) => name === WITH_SLASHES || NOTHING.includes(values.get(name) ?? ''),
  );
  const headers = parameters.flatMap((each) => {
    const value = each.in === 'header' ? values.get(each.name) : undefined;
    return value === undefined ? [] : [[each.name, encoded(value)]];
  });
  const address = query.length === 0 ? filled : `${filled}?${query.join('&')}`;
  const asked = { method, path: address, headers: Object.fromEntries(headers) };
  return { asked, mayMiss };
}

/** `%` alone stays as it is, and so comes as what no reader can decode. */
function encoded(value: string): string {
  return value === '%' ? value : encodeURIComponent(value.toWellFormed());
}

/** Requests over all operations, the same for the same seed. */
export class Requests {
  readonly #leads: Leads;
  readonly #random: SeededRandom;
  readonly #source: ValueSource;

  constructor(document: ApiDocument, leads: Leads, random: SeededRandom) {
    this.#leads = leads;
    this.#random = random;
    const at = (reference: string) => document.at(reference);
    const texts = [...Object.values(leads.known).flat(), ...HOSTILE];
    this.#source = { random, texts, at, examples: examples() };
  }

  next(operation: Operation): Made {
    const random = this.#random;
    const { method, path, parameters } = operation;
    const { known } = this.#leads;
    const isHonest = random.below(2) === 0;
    const inPath = new Set(parameters.filter((each) => each.in === 'path').map(({ name }) => name));
    const { asked, mayMiss } = requestFor(operation, (name) => {
      if (!inPath.has(name) && random.below(isHonest ? 3 : 2) !== 0) return undefined;
      const leading = known[`${method} ${path} ${name}`] ?? known[name] ?? HOSTILE;
      return pick(!isHonest && random.below(2) === 0 ? HOSTILE : leading, random);
    });
    const authorization = random.below(40) === 0 ? { authorization: 'Bearer bm90aGluZw' } : {};
    const headers = { ...asked.headers, ...authorization };
    return { asked: { ...asked, headers, body: this.#body(operation) }, mayMiss };
  }

  /** Half of them as they should be. */
  #body({ body, method, path }: Operation): Uint8Array | undefined {
    const random = this.#random;
    if (method === 'GET' || body === undefined) return undefined;
    const taken = this.#leads.bodies[`${method} ${path}`];
    const isTaken = taken !== undefined && random.below(2) === 0;
    const value = isTaken ? pick(taken, random) : valueFor(body, this.#source);
    if (random.below(2) === 0) return Buffer.from(JSON.stringify(value));
    return mutant([Object(value) as Template, { operation: 'objects/put', payload: {} }], random);
  }
}

function examples(): ReadonlyMap<string, readonly unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const line of readFileSync(VECTORS, 'utf8').trim().split('\n')) {
    const { artifact, valid, value } = JSON.parse(line);
    if (valid) found.set(artifact, [...(found.get(artifact) ?? []), value]);
  }
  return found;
}
