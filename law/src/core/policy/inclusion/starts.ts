import { compilePattern } from '../pattern.ts';
import type { Element } from './elements.ts';
import type { LiveRule } from './live-rule.ts';
import type { Fragment } from './situation.ts';
import type { Work } from './work.ts';

/**
 * A request with a command that names nothing, started in one folder. Of several that are selected
 * as starts one is enough where the others add nothing to what is met; otherwise nobody could say.
 */
export function startedFragment(
  selected: readonly Element[],
  rules: readonly LiveRule[],
  work: Work,
): Fragment {
  const named = selected.filter(({ isStart }) => isStart !== true);
  let starts = selected.filter(({ isStart }) => isStart === true);
  for (const start of starts) {
    const others = starts.filter((each) => each !== start);
    if (others.length > 0 && addsNothing(start, [...named, ...others])) starts = others;
  }
  const cwd = starts[0]?.value ?? '/';
  const isLooked = rules.some(({ rule }) => {
    const { block_text_pattern: source } = rule.conditions;
    const pattern = source === undefined ? undefined : compilePattern(source);
    return typeof pattern === 'function' && (pattern(cwd) || pattern(PROGRAM));
  });
  if (starts.length > 1) work.giveUp('commands that start in several folders are not compared');
  if (isLooked) work.giveUp('texts and the folders of commands are not compared together');
  return { params: { argv: [PROGRAM], cwd, paths: named.map(({ value }) => value) } };
}

const PROGRAM = 'any';

function addsNothing({ rules }: Element, others: readonly Element[]): boolean {
  const isMetByAny = (rule: LiveRule): boolean => others.some((each) => each.rules.has(rule));
  const addsGuard = [...rules].some((rule) => rule.compiled.isRestrictive && !isMetByAny(rule));
  if (addsGuard) return false;
  const [first, ...rest] = others;
  const allowed = [...(first?.rules ?? [])].filter(
    (rule) => !rule.compiled.isRestrictive && rest.every((each) => each.rules.has(rule)),
  );
  return allowed.every((rule) => rules.has(rule));
}
