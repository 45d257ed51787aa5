import { rateBudgetId } from '../budgets.ts';
import type { LiveRule } from './live-rule.ts';
import { callsKey, type Fragment } from './situation.ts';
import type { Work } from './work.ts';

/** Counts at which some rule of one window is used up, ascending. */
type Window = { readonly windowMs: number; readonly counts: readonly number[] };

/**
 * What may have been called before: for each target or namespace that rates are counted for, how
 * many calls each window holds. A longer window holds what a shorter one does, so of every
 * combination of used-up rates only those are left that some history of calls brings about.
 */
export function callClasses(rules: readonly LiveRule[], work: Work): readonly Fragment[] {
  let classes: readonly Fragment[] = [{}];
  for (const [target, windows] of ratesOf(rules)) {
    const histories = historiesOf(windows);
    if (!work.spend(classes.length * histories.length)) return [];
    classes = classes.flatMap(({ calls }) =>
      histories.map((counts) => ({ calls: { ...calls, ...callsOf(target, windows, counts) } })),
    );
  }
  return classes;
}

/** The first moment of each stretch in which the same rules have expired. */
export function timeClasses(rules: readonly LiveRule[]): readonly Fragment[] {
  const ends = rules.flatMap(({ compiled }) => compiled.budgets?.expires ?? []);
  return [...new Set([0n, ...ends])].map((time) => ({ time: String(time) }));
}

function ratesOf(rules: readonly LiveRule[]): ReadonlyMap<string, readonly Window[]> {
  const rates = new Map<string, Map<number, Set<number>>>();
  for (const { rule, compiled } of rules) {
    const rate = compiled.budgets?.rate;
    if (rate === undefined) continue;
    const windows = rates.get(rule.target) ?? new Map<number, Set<number>>();
    rates.set(rule.target, windows);
    windows.set(rate.windowMs, (windows.get(rate.windowMs) ?? new Set()).add(rate.count));
  }
  return new Map([...rates].map(([target, windows]) => [target, sortedWindows(windows)]));
}

function sortedWindows(windows: ReadonlyMap<number, ReadonlySet<number>>): readonly Window[] {
  return [...windows]
    .map(([windowMs, counts]) => ({ windowMs, counts: ascending([...counts]) }))
    .sort((left, right) => left.windowMs - right.windowMs);
}

/** The least calls in each window, for every combination of rates used up that can be. */
function historiesOf(windows: readonly Window[]): readonly (readonly number[])[] {
  let histories: readonly (readonly number[])[] = [[]];
  for (const { counts } of windows) {
    histories = histories.flatMap((shorter) => {
      const least = shorter.at(-1) ?? 0;
      const above = counts.filter((count) => count > least);
      return [least, ...above].map((count) => [...shorter, count]);
    });
  }
  return histories;
}

function callsOf(
  target: string,
  windows: readonly Window[],
  counts: readonly number[],
): Readonly<Record<string, number>> {
  const calls = windows.map(({ windowMs }, at) => [
    callsKey(rateBudgetId(target), windowMs),
    counts[at],
  ]);
  return Object.fromEntries(calls.filter(([, count]) => count !== 0));
}

function ascending(counts: readonly number[]): readonly number[] {
  return [...counts].sort((left, right) => left - right);
}
