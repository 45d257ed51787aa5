import type { CompiledPolicy } from '../compile.ts';
import { type CompiledRule, letsMatch } from '../compile-rule.ts';
import type { Matcher } from '../condition.ts';
import { readMethod } from '../methods.ts';
import type { ConditionName, Rule } from '../rules.ts';
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

/** The rules of both policies that apply to the target; equal ones, but for their names, once. */
export function liveRules(
  before: CompiledPolicy,
  after: CompiledPolicy,
  target: string,
): readonly LiveRule[] {
  const rules = new Map<string, LiveRule>();
  for (const { compiled, isOld } of applying(before, after, target)) {
    const { rule } = compiled;
    const key = contentOf(rule);
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
  return [...rules.values()];
}

type Applying = { readonly compiled: CompiledRule; readonly isOld: boolean };

function applying(
  before: CompiledPolicy,
  after: CompiledPolicy,
  target: string,
): readonly Applying[] {
  const of = (policy: CompiledPolicy, isOld: boolean): readonly Applying[] =>
    policy
      .applicable(target)
      .groups.flatMap(({ rules }) => rules.map((compiled) => ({ compiled, isOld })));
  return [...of(before, true), ...of(after, false)];
}

/** Canonical rules have their members in one order, so this is one text for one content. */
function contentOf({ target, conditions, action }: Rule): string {
  return `${target} ${action} ${JSON.stringify(conditions)}`;
}

/** Methods with a path are as little compared as addresses are. */
function dimensionIn(name: ConditionName, { conditions }: Rule): DimensionName {
  const { allow_methods: methods = [] } = conditions;
  const isPlain = methods.every((entry) => readMethod(entry) !== undefined);
  return name === 'allow_methods' && !isPlain ? 'uncompared' : dimensionOf[name];
}

function checksOf({ checks, rule }: CompiledRule): LiveRule['checks'] {
  const byDimension = new Map<DimensionName, Matcher[]>();
  for (const { name, matches } of checks) {
    const dimension = dimensionIn(name, rule);
    if (dimension === 'calls' || dimension === 'time') continue;
    const own = byDimension.get(dimension) ?? [];
    byDimension.set(dimension, [...own, matches]);
  }
  return byDimension;
}
