import { type Components, isGlob } from '../path.ts';
import type { Expected } from './globs.ts';
import type { LiveRule } from './live-rule.ts';
import { fitsPart, guardPart, isFolded } from './parts.ts';

const ANY_DEPTH = '**';

/** An entry of `allow_paths`, part by part, with the rules that have it. */
export type Entry = { readonly components: Components; readonly rules: readonly LiveRule[] };

/** What is read: entries, and the rules under which whatever else is said is blocked. */
export type Reading = {
  readonly entries: readonly Entry[];
  readonly isFatal: (rule: LiveRule) => boolean;
};

/**
 * Entries of policies, read component by component, all at once. A rule that is met stays met
 * below, so its entries need not be read any further; what is blocked for good, not at all.
 */
export type PathState = Expected & {
  /** Rules whose place is the path or above it. */
  readonly met: ReadonlySet<LiveRule>;
  readonly isFatal: boolean;
  /** Entries whose place may still lie below. */
  readonly open: readonly Entry[];
  readonly key: string;
  /** What it costs to go on from here, in steps. */
  readonly cost: number;
  readonly after: (name: string) => PathState;
};

/** How much of an entry has been read. */
type Place = { readonly entry: number; readonly at: number };

/** The state before the first component. */
export function startOf(reading: Reading): PathState {
  const places = reading.entries.map((_, entry) => ({ entry, at: 0 }));
  return stateOf(reading, new Set(), places);
}

function stateOf(
  reading: Reading,
  metBefore: ReadonlySet<LiveRule>,
  reached: readonly Place[],
): PathState {
  const { met, places } = settle(reading.entries, metBefore, reached);
  const isFatal = [...met].some(reading.isFatal);
  const live = isFatal ? [] : places;
  const byName = new Map<string, Place[]>();
  const wild: Place[] = [];
  for (const place of live) {
    const component = componentAt(reading, place);
    const named = byName.get(component);
    if (isGlob(component)) wild.push(place);
    else if (named === undefined) byName.set(component, [place]);
    else named.push(place);
  }
  const metIds = Array.from(met, ({ id }) => id).sort((left, right) => left - right);
  const expected = [...byName.keys()];
  return {
    met,
    isFatal,
    open: [...new Set(live.map(({ entry }) => reading.entries[entry] as Entry))],
    key: isFatal ? 'fatal' : `${metIds}|${live.map(({ entry, at }) => `${entry}.${at}`).sort()}`,
    cost: 1 + wild.length + met.size / 8,
    names: new Set(expected.filter((each) => !isFolded(each))),
    guards: new Set(expected.filter(isFolded)),
    wildcards: [...new Set(wild.map((place) => componentAt(reading, place)))],
    after: (name) => {
      const beyond = wild.flatMap((place) => stepWild(componentAt(reading, place), place, name));
      const guard = guardPart(name);
      const guarded = guard === name ? [] : (byName.get(guard) ?? []);
      const named = [...(byName.get(name) ?? []), ...guarded];
      return stateOf(reading, met, [...named.map(onward), ...beyond]);
    },
  };
}

/** Rules met by now, and the places of the entries of all others. `**` may stand for nothing. */
function settle(
  entries: readonly Entry[],
  metBefore: ReadonlySet<LiveRule>,
  reached: readonly Place[],
): { readonly met: ReadonlySet<LiveRule>; readonly places: readonly Place[] } {
  const met = new Set(metBefore);
  const places = new Map<string, Place>();
  for (const { entry, at } of reached) {
    const { components, rules } = entries[entry] as Entry;
    const last = components[at] === ANY_DEPTH ? at + 1 : at;
    if (last === components.length) for (const rule of rules) met.add(rule);
    for (let each = at; each <= last; each += 1) {
      places.set(`${entry}.${each}`, { entry, at: each });
    }
  }
  const isOpen = ({ entry }: Place): boolean =>
    !(entries[entry] as Entry).rules.every((rule) => met.has(rule));
  return { met, places: [...places.values()].filter(isOpen) };
}

function componentAt({ entries }: Reading, { entry, at }: Place): string {
  return entries[entry]?.components[at] as string;
}

function onward({ entry, at }: Place): Place {
  return { entry, at: at + 1 };
}

function stepWild(component: string, place: Place, name: string): readonly Place[] {
  if (component === ANY_DEPTH) return [place];
  return fitsPart(component, name) ? [onward(place)] : [];
}
