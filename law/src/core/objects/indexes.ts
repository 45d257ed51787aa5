import type { HeadChange, HeadKey, View } from '@ioi/protocol';
import type { IndexChange } from './events.ts';
import { add, compare, formatExact, parseExact, ZERO } from './exact.ts';
import type { RangesHead, TallyHead, UniqueHead } from './heads.ts';

export function keyOf(change: IndexChange): HeadKey {
  return { headClass: change.head_class, id: change.id };
}

/** What an index change of this object makes of its head. */
export function applyIndex(view: View, change: IndexChange, objectId: string): HeadChange {
  const key = keyOf(change);
  switch (change.index) {
    case 'tally':
      return { key, value: tallied(view.get<TallyHead>(key), change.by) };
    case 'unique': {
      const held = view.get<UniqueHead>(key);
      if (change.claims) return { key, value: { id: objectId } satisfies UniqueHead };
      // Whoever claimed it meanwhile keeps it: two objects may swap within one transact.
      return { key, value: held?.id === objectId ? undefined : held };
    }
    case 'range':
      return { key, value: ranged(view.get<RangesHead>(key), change, objectId) };
  }
}

export function totalOf(view: View, key: HeadKey) {
  const held = view.get<TallyHead>(key);
  return held ? parseExact(held.total) : ZERO;
}

function tallied(held: TallyHead | undefined, by: string): TallyHead | undefined {
  const total = add(held ? parseExact(held.total) : ZERO, parseExact(by));
  return total.units === 0n ? undefined : { total: formatExact(total) };
}

type RangeChange = Extract<IndexChange, { index: 'range' }>;

function ranged(
  held: RangesHead | undefined,
  { range }: RangeChange,
  id: string,
): RangesHead | undefined {
  const others = (held?.ranges ?? []).filter((each) => each.id !== id);
  const ranges = range ? [...others, { ...range, id }] : others;
  ranges.sort((a, b) => compareNumbers(a.from, b.from) || (a.id < b.id ? -1 : 1));
  return ranges.length === 0 ? undefined : { ranges };
}

/** Of numbers in the spelling of `formatExact`. */
export function compareNumbers(left: string, right: string): number {
  return compare(parseExact(left), parseExact(right));
}
