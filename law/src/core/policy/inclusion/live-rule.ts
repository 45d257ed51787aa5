import type { CompiledPolicy } from '../compile.ts';
import { type CompiledRule, letsMatch } from '../compile-rule.ts';
import type { Matcher } from '../condition.ts';
import type { Rule } from '../rules.ts';
import type { Subject } from '../subject.ts';
import { type DimensionName, dimensionOf } from './dimensions.ts';

/** A rule that may match in the part of the requests looked at, in one of the policies or both. */
export type LiveRule = {
  /** Its place among the rules looked at. */
  readonly id: number;
  readonly rule: Rule;
  readonly compiled: CompiledRule;
  readonly inOld: boolean;
  readonly inNew: boolean;
  readonly checks: ReadonlyMap<DimensionName, readonly Matcher[]>;
};

/** What stands in one policy alone makes the difference. */
export function isChanged({ inOld, inNew }: LiveRule): boolean {
  return inOld !== inNew;
}

/** Whether nothing that the dimension says keeps the rule from matching. */
export function passes(rule: LiveRule, dimension: DimensionName, subject: Subject): boolean {
  const { isRestrictive } = rule.compiled;
  const checks = rule.checks.get(dimension);
  return checks === undefined || checks.every((each) => letsMatch(isRestrictive, each(subject)));
}

/** Whether on this target a rule stands in one policy alone; of equal ones, names do not count. */
export function differOn(before: CompiledPolicy, after: CompiledPolicy, target: string): boolean {
  const was = before.applicable(target).groups.flatMap(({ rules }) => rules);
  const is = after.applicable(target).groups.flatMap(({ rules }) => rules);
  return was.length !== is.length || was.some((rule, at) => !saysTheSame(rule, is[at]));
}

function saysTheSame(left: CompiledRule, right: CompiledRule | undefined): boolean {
  return (
    right !== undefined &&
    left.conditionsText === right.conditionsText &&
    left.rank === right.rank &&
    left.rule.target === right.rule.target
  );
}

/** The rules of both policies that apply to the target; equal ones, but for their names, once. */
export function liveRules(
  before: CompiledPolicy,
  after: CompiledPolicy,
  target: string,
): readonly LiveRule[] {
  const rules = new Map<string, LiveRule>();
  for (const [policy, isOld] of [
    [before, true],
    [after, false],
  ] as const) {
    for (const compiled of policy.applicable(target).groups.flatMap((group) => group.rules)) {
      const { rule, rank, conditionsText } = compiled;
      const key = `${rank}${rule.target} ${conditionsText}`;
      const known = rules.get(key);
      rules.set(key, {
        id: known?.id ?? rules.size,
        rule,
        compiled,
        inOld: isOld || known?.inOld === true,
        inNew: !isOld || known?.inNew === true,
        checks: known?.checks ?? checksOf(compiled),
      });
    }
  }
  return [...rules.values()];
}

function checksOf({ checks }: CompiledRule): LiveRule['checks'] {
  const byDimension = new Map<DimensionName, Matcher[]>();
  for (const { name, matches } of checks) {
    const dimension = dimensionOf[name];
    if (dimension === 'calls' || dimension === 'time') continue;
    const own = byDimension.get(dimension) ?? [];
    byDimension.set(dimension, [...own, matches]);
  }
  return byDimension;
}
