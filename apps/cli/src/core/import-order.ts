import type { ClassHead } from '@ioi/law';

/** An object that is made again. */
export type Step = { readonly object_class: string; readonly id: string; readonly value: object };

type Link = { readonly pointer: string; readonly target: string; readonly isDeferred: boolean };

/** By class: where its objects name others that have to be there. */
export type Links = ReadonlyMap<string, readonly Link[]>;

type Classes = readonly { readonly name: string; readonly head: ClassHead }[];

export function linksOf(classes: Classes): Links {
  const links = classes.map(({ name, head }): [string, readonly Link[]] => [
    name,
    head.constraints
      .filter(({ constraint_type }) => constraint_type === 'foreign_ref')
      .map(({ expression, enforcement_mode }) => {
        const { pointer, object_class } = expression as Readonly<Record<string, unknown>>;
        const isDeferred = enforcement_mode === 'deferred';
        return { pointer: String(pointer), target: String(object_class), isDeferred };
      }),
  ]);
  return new Map(links);
}

/** What is named comes before what names it, as far as that can be; otherwise as they came. */
export function inOrder<T extends Step>(steps: readonly T[], links: Links): readonly T[] {
  if ([...links.values()].every((each) => each.length === 0)) return steps;
  const byName = new Map(steps.map((step) => [nameOf(step), step]));
  const placed = new Set<string>();
  const ordered: T[] = [];
  for (const step of steps) {
    // Each is seen twice: when what it names is put before it, and when that is done.
    const waiting: { readonly step: T; readonly isReady: boolean }[] = [{ step, isReady: false }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.isReady) {
        ordered.push(next.step);
        continue;
      }
      const name = nameOf(next.step);
      if (placed.has(name)) continue;
      placed.add(name);
      waiting.push({ step: next.step, isReady: true });
      for (const { target } of namedBy(next.step, links)) {
        const found = byName.get(target);
        if (found !== undefined && !placed.has(target))
          waiting.push({ step: found, isReady: false });
      }
    }
  }
  return ordered;
}

/**
 * The first that names one which comes too late: in a later operation, or in the same one where
 * the constraint looks at each step.
 */
export function tooEarly(batches: readonly (readonly Step[])[], links: Links): Step | undefined {
  const places = new Map<string, { readonly batch: number; readonly at: number }>();
  for (const [batch, steps] of batches.entries()) {
    for (const [at, step] of steps.entries()) places.set(nameOf(step), { batch, at });
  }
  for (const [batch, steps] of batches.entries()) {
    for (const [at, step] of steps.entries()) {
      for (const { target, isDeferred } of namedBy(step, links)) {
        const place = places.get(target);
        if (place === undefined || place.batch < batch) continue;
        const isWithin = place.batch === batch && (isDeferred || place.at <= at);
        if (!isWithin) return step;
      }
    }
  }
  return undefined;
}

function nameOf({ object_class, id }: Step): string {
  return `${object_class}/${id}`;
}

function namedBy(step: Step, links: Links) {
  return (links.get(step.object_class) ?? []).flatMap(({ pointer, target, isDeferred }) => {
    const id = valueAt(step.value, pointer);
    return typeof id === 'string' ? [{ target: `${target}/${id}`, isDeferred }] : [];
  });
}

/** RFC 6901. */
function valueAt(value: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1);
  return names.reduce<unknown>((held, name) => {
    const member = name.replaceAll('~1', '/').replaceAll('~0', '~');
    const isHeld = typeof held === 'object' && held !== null && Object.hasOwn(held, member);
    return isHeld ? (held as Readonly<Record<string, unknown>>)[member] : undefined;
  }, value);
}
