import { originBudgetId, rateBudgetId } from '../budgets.ts';
import type { LiveRule } from './live-rule.ts';
import { callsKey, type Fragment } from './situation.ts';

/** Counts at which some rule of one window is used up, ascending. */
type Window = { readonly windowMs: number; readonly counts: readonly number[] };

/**
 * What may have been called before: for each target or namespace that rates are counted for, and
 * for the origin on each, how many calls each window holds. A longer window holds what a shorter
 * one does, so of every combination of used-up rates only those are left that some history of
 * calls brings about.
 */
export function callClasses(
  rules: readonly LiveRule[],
  origin: string | undefined,
): Iterable<Fragment> {
  return combined([...ratesOf(rules, origin)], {});
}

/** The first moment of each stretch in which the same rules have expired. */
export function timeClasses(rules: readonly LiveRule[]): readonly Fragment[] {
  const ends = rules.flatMap(({ compiled }) => compiled.budgets?.expires ?? []);
  return [...new Set([0n, ...ends])].map((time) => ({ time: String(time) }));
}

type Rates = readonly [budgetId: string, windows: readonly Window[]];
type Calls = NonNullable<Fragment['calls']>;

function* combined([first, ...others]: readonly Rates[], calls: Calls): Generator<Fragment> {
  if (first === undefined) {
    yield { calls };
    return;
  }
  const [budgetId, windows] = first;
  for (const counts of historiesOf(windows, [])) {
    yield* combined(others, { ...calls, ...callsOf(budgetId, windows, counts) });
  }
}

function ratesOf(
  rules: readonly LiveRule[],
  origin: string | undefined,
): ReadonlyMap<string, readonly Window[]> {
  const rates = new Map<string, Map<number, Set<number>>>();
  const add = (budgetId: string, { windowMs, count }: { windowMs: number; count: number }) => {
    const windows = rates.get(budgetId) ?? new Map<number, Set<number>>();
    rates.set(budgetId, windows);
    windows.set(windowMs, (windows.get(windowMs) ?? new Set()).add(count));
  };
  for (const { compiled } of rules) {
    const { rate, originRate } = compiled.budgets ?? {};
    if (rate) add(rateBudgetId(rate.target), rate);
    if (originRate) add(originBudgetId(originRate.target, origin), originRate);
  }
  return new Map([...rates].map(([budgetId, windows]) => [budgetId, sortedWindows(windows)]));
}

function sortedWindows(windows: ReadonlyMap<number, ReadonlySet<number>>): readonly Window[] {
  return [...windows]
    .map(([windowMs, counts]) => ({ windowMs, counts: ascending([...counts]) }))
    .sort((left, right) => left.windowMs - right.windowMs);
}

/** The least calls in each window, for every combination of rates used up that can be. */
function* historiesOf(
  [window, ...longer]: readonly Window[],
  shorter: readonly number[],
): Generator<readonly number[]> {
  if (window === undefined) {
    yield shorter;
    return;
  }
  const least = shorter.at(-1) ?? 0;
  const above = window.counts.filter((count) => count > least);
  for (const count of [least, ...above]) yield* historiesOf(longer, [...shorter, count]);
}

function callsOf(
  budgetId: string,
  windows: readonly Window[],
  counts: readonly number[],
): Readonly<Record<string, number>> {
  const calls = windows.map(({ windowMs }, at) => [callsKey(budgetId, windowMs), counts[at]]);
  return Object.fromEntries(calls.filter(([, count]) => count !== 0));
}

function ascending(counts: readonly number[]): readonly number[] {
  return [...counts].sort((left, right) => left - right);
}
