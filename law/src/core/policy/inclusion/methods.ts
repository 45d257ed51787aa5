import { type MethodEntry, readMethodEntry } from '../methods.ts';
import { anotherCase } from './another-case.ts';
import type { LiveRule } from './live-rule.ts';
import type { ScalarClasses } from './scalars.ts';
import type { Fragment } from './situation.ts';
import type { Work } from './work.ts';

/**
 * A method that some rule names, one that none does, and none; where rules name paths, each with
 * no path that can be read, and with one path for each set of entries that it lies below, by the
 * very letters or but for their case.
 */
export const methodClasses: ScalarClasses = {
  classes: (rules, work) => {
    const entries = entriesOf(rules);
    const named = [...new Set(entries.map(({ method }) => method))];
    const methods = [...named, outside(named)].map((method): Fragment => ({ params: { method } }));
    const paths = addressPaths(entries, work).map((path): Fragment => {
      return rules.some(({ checks }) => checks.has('texts')) ? { path, supposed: {} } : { path };
    });
    return [{}, ...paths].flatMap((path) =>
      [{}, ...methods].map((method) => ({ ...path, ...method })),
    );
  },
};

function entriesOf(rules: readonly LiveRule[]): readonly MethodEntry[] {
  const texts = new Set(rules.flatMap(({ rule }) => rule.conditions.allow_methods ?? []));
  return [...texts].map(readMethodEntry).filter((entry) => entry !== undefined);
}

function outside(methods: readonly string[]): string {
  let name = 'OTHER';
  while (methods.includes(name)) name += 'X';
  return name;
}

/** How far a path has come along that of an entry, and whether by its very letters. */
type Along = { readonly path: readonly string[]; readonly at: number; readonly isExact: boolean };

function addressPaths(entries: readonly MethodEntry[], work: Work): readonly string[] {
  const paths = entries.flatMap(({ path }) => (path === undefined ? [] : [path]));
  if (paths.length === 0) return [];
  const start = paths.map((path): Along => ({ path, at: 0, isExact: true }));
  const waiting = [
    { read: [] as readonly string[], state: start as readonly (Along | undefined)[] },
  ];
  const seen = new Set([keyOf(start)]);
  for (let at = 0; at < waiting.length; at += 1) {
    const { read, state } = waiting[at] as (typeof waiting)[number];
    for (const name of namesAt(state, work)) {
      if (!work.spend(1 + paths.length / 4)) return [];
      const next = state.map((along) => along && onward(along, name));
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push({ read: [...read, name], state: next });
    }
  }
  return waiting.map(({ read }) => `/${read.map(encodeURIComponent).join('/')}`);
}

/** Names that entries expect, the same in another case, and one that none expects. */
function namesAt(state: readonly (Along | undefined)[], work: Work): readonly string[] {
  const expected = new Set(state.flatMap((along) => along?.path[along.at] ?? []));
  const others = [...expected].flatMap((name) => {
    const other = anotherCase(name, expected);
    if (other !== 'unknown') return other.found ?? [];
    work.giveUp('letters beyond ASCII in the paths of `allow_methods` are not compared');
    return [];
  });
  let fresh = 'any';
  const lower = new Set([...expected].map((name) => name.toLowerCase()));
  while (lower.has(fresh)) fresh += 'x';
  return [...expected, ...others, fresh];
}

/** Undefined once it is beside the path of the entry. */
function onward(along: Along, name: string): Along | undefined {
  const { path, at, isExact } = along;
  const expected = path[at];
  if (expected === undefined) return along;
  if (expected === name) return { path, at: at + 1, isExact };
  const isAlike = expected.toLowerCase() === name.toLowerCase();
  return isAlike ? { path, at: at + 1, isExact: false } : undefined;
}

function keyOf(state: readonly (Along | undefined)[]): string {
  return state.map((along) => along && `${along.at}${along.isExact}`).join();
}
