import type { Element } from './elements.ts';
import type { LiveRule } from './live-rule.ts';
import { type Fragment, OTHER_PROGRAM } from './situation.ts';
import type { Work } from './work.ts';

/**
 * Places of a request with commands, started in one folder. Of several that are selected as starts
 * one is enough where the others add nothing to what is met; otherwise nobody could say.
 */
export function startedFragment(selected: readonly Element[], work: Work): Fragment {
  const named = selected.filter(({ isStart }) => isStart !== true);
  let starts = selected.filter(({ isStart }) => isStart === true);
  for (const start of starts) {
    const others = starts.filter((each) => each !== start);
    if (others.length > 0 && addsNothing(start, [...named, ...others])) starts = others;
  }
  if (starts.length > 1) work.giveUp('commands that start in several folders are not compared');
  return { params: { cwd: starts[0]?.value ?? '/', paths: named.map(({ value }) => value) } };
}

/** A command that no rule is about, and which names nothing. */
export const otherCommand: Fragment = {
  params: { argv: [OTHER_PROGRAM] },
  supposed: { started: [[OTHER_PROGRAM]] },
};

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
