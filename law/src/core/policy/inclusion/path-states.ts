import { type Components, isGlob, isWithin } from '../path.ts';

const ANY_DEPTH = '**';

/** Entries of policies, read component by component, all at once. */
export type PathState = {
  /** Entries whose place is the path or above it. */
  readonly done: readonly number[];
  /** Entries whose place may still lie below. */
  readonly open: readonly number[];
  readonly key: string;
  /** Names that lead somewhere in particular from here. */
  readonly names: ReadonlySet<string>;
  /** Components with wildcards that are up next. */
  readonly wildcards: readonly string[];
  readonly after: (name: string) => PathState;
};

type Place = { readonly entry: number; readonly at: number };

/** The state before the first component. */
export function startOf(entries: readonly Components[]): PathState {
  const places = entries.map((_, entry) => ({ entry, at: 0 }));
  return stateOf(entries, [], places);
}

function stateOf(
  entries: readonly Components[],
  doneBefore: readonly number[],
  reached: readonly Place[],
): PathState {
  const done = new Set(doneBefore);
  const places = new Map<string, Place>();
  const byName = new Map<string, Place[]>();
  const wild: Place[] = [];
  for (const { entry, at: from } of reached) {
    if (done.has(entry)) continue;
    const components = entries[entry] as Components;
    // `**` may also stand for nothing.
    const last = components[from] === ANY_DEPTH ? from + 1 : from;
    for (let at = from; at <= last; at += 1) places.set(`${entry}.${at}`, { entry, at });
    if (last === components.length) done.add(entry);
  }
  for (const place of places.values()) {
    if (done.has(place.entry)) continue;
    const component = entries[place.entry]?.[place.at] as string;
    if (isGlob(component)) {
      wild.push(place);
      continue;
    }
    const named = byName.get(component);
    if (named === undefined) byName.set(component, [place]);
    else named.push(place);
  }
  const live = [...byName.values()].flat().concat(wild);
  const sortedDone = [...done].sort((left, right) => left - right);
  const placesKey = live.map(({ entry, at }) => `${entry}.${at}`).sort();
  const known = new Map<string, PathState>();
  return {
    done: sortedDone,
    open: [...new Set(live.map(({ entry }) => entry))],
    key: `${sortedDone}|${placesKey}`,
    names: new Set(byName.keys()),
    wildcards: [...new Set(wild.map(({ entry, at }) => entries[entry]?.[at] as string))],
    after: (name) => {
      const direct = byName.get(name) ?? [];
      if (direct.length === 0 && wild.length === 0) {
        const next = known.get('') ?? stateOf(entries, sortedDone, []);
        known.set('', next);
        return next;
      }
      const next = [
        ...direct.map(onward),
        ...wild.flatMap((each) => stepWild(entries, each, name)),
      ];
      return stateOf(entries, sortedDone, next);
    },
  };
}

function onward({ entry, at }: Place): Place {
  return { entry, at: at + 1 };
}

function stepWild(entries: readonly Components[], place: Place, name: string): readonly Place[] {
  const component = entries[place.entry]?.[place.at] as string;
  if (component === ANY_DEPTH) return [place];
  return isWithin([name], [component]) ? [onward(place)] : [];
}
