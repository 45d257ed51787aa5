import type { Link } from './links.ts';

/** Steps that can be put in order, layer by layer, and the links that no order fits. */
export type Layered = {
  /** Each layer after all that it waits for; in it, near what it waits for. */
  readonly layers: readonly (readonly string[])[];
  /** Links of one cycle, in its order; empty where there is none. */
  readonly cycle: readonly Link[];
};

/** Each step as early as what it waits for lets it. */
export function layered(names: readonly string[], links: readonly Link[]): Layered {
  const known = new Set(names);
  const own = links.filter(({ from, to }) => known.has(from) && known.has(to));
  const waiting = new Map(names.map((name) => [name, 0]));
  for (const { to } of own) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const following = Map.groupBy(own, ({ from }) => from);
  const places = new Map<string, number>();
  const layers: string[][] = [];
  let ready = names.filter((name) => waiting.get(name) === 0);
  while (ready.length > 0) {
    layers.push(sortedByPlace(ready, own, places));
    for (const [at, name] of (layers.at(-1) ?? []).entries()) places.set(name, at);
    ready = ready.flatMap((name) => released(following.get(name) ?? [], waiting));
  }
  const left = own.filter(({ from, to }) => !places.has(from) && !places.has(to));
  return { layers, cycle: cycleIn(left) };
}

/** Those that wait for nothing more. */
function released(links: readonly Link[], waiting: Map<string, number>): readonly string[] {
  return links.flatMap(({ to }) => {
    const left = (waiting.get(to) ?? 0) - 1;
    waiting.set(to, left);
    return left === 0 ? [to] : [];
  });
}

/** Lines cross less where a step stands beside what it waits for. */
function sortedByPlace(
  names: readonly string[],
  links: readonly Link[],
  places: ReadonlyMap<string, number>,
): string[] {
  const wanted = new Map(
    names.map((name) => {
      const before = links.filter(({ to }) => to === name).map(({ from }) => places.get(from) ?? 0);
      const sum = before.reduce((total, each) => total + each, 0);
      return [name, before.length === 0 ? 0 : sum / before.length];
    }),
  );
  return [...names].sort((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0));
}

/** Walks back from any link that is left: each of them waits for another one. */
function cycleIn(left: readonly Link[]): readonly Link[] {
  const [first] = left;
  if (first === undefined) return [];
  const seen = new Map<string, number>();
  const walked: Link[] = [];
  let at: string | undefined = first.from;
  while (at !== undefined && !seen.has(at)) {
    seen.set(at, walked.length);
    const here: string = at;
    const before = left.find(({ to }) => to === here);
    if (before === undefined) return [];
    walked.push(before);
    at = before.from;
  }
  return walked.slice(seen.get(at ?? '') ?? 0).reverse();
}
