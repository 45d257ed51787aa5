import type { JsonObject } from '@ioi/jsonrpc';
import { ISSUE_LEASE } from '../lease-request.ts';
import { ASK_PERSON } from './ask-person.ts';

/** Stands between a server and a name that several servers use. */
const BETWEEN = '__';
/** Tools of the node itself: a server's own of that name is offered as that server's. */
const OWN_TOOLS: ReadonlySet<string> = new Set([ISSUE_LEASE.name, ASK_PERSON.name]);

/** What one server offers, in its own names. */
export type Shelf = {
  readonly server: string;
  readonly tools: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
  readonly resources: readonly JsonObject[];
  readonly templates: readonly JsonObject[];
};

/** An item under the name clients know it by. */
export type Offered = { readonly server: string; readonly name: string; readonly item: JsonObject };

/**
 * Items of one kind under names that say which server is meant: its own name where no other server
 * uses it, `server__name` where one does, or where it begins as another's names do (decision 0014).
 * A later server takes no name over.
 */
export class Names {
  readonly #offered = new Map<string, Offered>();
  readonly #qualified = new Map<string, Offered>();

  constructor(shelves: readonly Shelf[], kind: 'tools' | 'prompts') {
    const items = shelves.flatMap((shelf) =>
      shelf[kind].map((item) => ({ server: shelf.server, name: nameOf(item), item })),
    );
    const qualify = (each: Offered): string => `${prefixOf(each)}${each.name}`;
    const qualified = counted(items.map(qualify));
    const isClaimed = ({ server, name }: Offered): boolean =>
      (kind === 'tools' && OWN_TOOLS.has(name)) ||
      shelves.some((other) => other.server !== server && name.startsWith(prefixOf(other)));
    const own = counted(items.filter((each) => !isClaimed(each)).map(({ name }) => name));
    const isPlain = (each: Offered): boolean => own.get(each.name) === 1 && !isClaimed(each);
    for (const each of items) if (isPlain(each)) this.#offered.set(each.name, each);
    for (const each of items) {
      const name = qualify(each);
      // What is a name already, or two come to, is nobody's.
      if (this.#offered.has(name) || qualified.get(name) !== 1) continue;
      this.#qualified.set(name, each);
      if (!isPlain(each)) this.#offered.set(name, each);
    }
  }

  /** By the offered name, or by `server__name`, which always works. */
  find(name: string): Offered | undefined {
    return this.#offered.get(name) ?? this.#qualified.get(name);
  }

  /** Each under the name it is offered by, with every other field untouched. */
  listed(isShown: (offered: Offered) => boolean = () => true): readonly JsonObject[] {
    return [...this.#offered].flatMap(([name, each]) => {
      if (!isShown(each)) return [];
      return [each.item['name'] === name ? each.item : { ...each.item, name }];
    });
  }

  /** By what name an item of a server is offered. */
  nameOf(server: string, name: string): string | undefined {
    for (const [offered, each] of this.#offered) {
      if (each.server === server && each.name === name) return offered;
    }
    return undefined;
  }
}

/**
 * Which server a resource is read from: the first that lists it or has a template it fits, so that
 * no later server takes it over; else the only one that has resources at all.
 */
export function ownerOf(uri: string, shelves: readonly Shelf[]): string | undefined {
  const claiming = shelves.find(
    ({ resources, templates }) =>
      resources.some((each) => each['uri'] === uri) ||
      templates.some(({ uriTemplate }) => claims(uriTemplate) && fitsTemplate(uri, uriTemplate)),
  );
  if (claiming) return claiming.server;
  const having = shelves.filter(({ resources, templates }) => resources.length + templates.length);
  return having.length === 1 ? having[0]?.server : undefined;
}

/** One that does not even say its scheme would fit whatever other servers have. */
function claims(template: unknown): boolean {
  return typeof template === 'string' && /^[a-z][a-z0-9+.-]*:/i.test(template);
}

/**
 * Whether a URI may come of a template (RFC 6570): its literal parts stand in it, in order, the
 * first at the beginning, the last at the end. Linear in both.
 */
export function fitsTemplate(uri: string, template: unknown): boolean {
  if (typeof template !== 'string') return false;
  const literals = template.split(/\{[^{}]*\}/);
  const first = literals.shift() ?? '';
  const last = literals.pop();
  if (last === undefined) return uri === first;
  if (!uri.startsWith(first)) return false;
  let at = first.length;
  for (const literal of literals) {
    const found = uri.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}

/** Each resource once: of two servers with one URI the first is read, so it alone is listed. */
export function resourcesOf(shelves: readonly Shelf[], kind: 'resources' | 'templates') {
  const key = kind === 'resources' ? 'uri' : 'uriTemplate';
  const seen = new Map<unknown, JsonObject>();
  for (const item of shelves.flatMap((shelf) => shelf[kind])) {
    if (!seen.has(item[key])) seen.set(item[key], item);
  }
  return [...seen.values()];
}

function prefixOf({ server }: Pick<Shelf, 'server'>): string {
  return `${server}${BETWEEN}`;
}

function counted(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function nameOf(item: JsonObject): string {
  return typeof item['name'] === 'string' ? item['name'] : '';
}
