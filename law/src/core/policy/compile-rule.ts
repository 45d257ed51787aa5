import { budgetsOf, type RuleBudgets } from './budgets.ts';
import type { KeyedRule } from './canonicalize.ts';
import type { Matcher, Truth } from './condition.ts';
import { conditionNames, matcherOf } from './conditions.ts';
import type { Decision } from './decision.ts';
import { canonicalDomain } from './host.ts';
import { isPattern, readPattern } from './path.ts';
import { type ConditionName, type Rule, rankOf } from './rules.ts';
import type { Subject } from './subject.ts';

/** Conditions a rule can be filed under, the most selective first. */
const FILING = ['allow_domains', 'allow_paths', 'allow_apps', 'block_intents'] as const;

export type Filing = (typeof FILING)[number];
type Check = { readonly name: ConditionName; readonly matches: Matcher };

/**
 * A canonical rule with everything that does not depend on the request worked out. Large policies
 * do not fit the processor's caches, so what most decisions need comes first and in one place.
 */
export type CompiledRule = {
  /** What it decides, when no budget is involved. */
  readonly decision: Decision;
  readonly rank: number;
  readonly isRestrictive: boolean;
  /** The checks but for the filed condition. */
  readonly otherChecks: readonly Check[];
  readonly budgets: RuleBudgets | undefined;
  /** Place in canonical order. */
  readonly order: number;
  readonly checks: readonly Check[];
  readonly rule: Rule;
  /** The conditions in canonical JSON: equal for rules that say the same. */
  readonly conditionsText: string;
  /** Whether every host and path in it has a canonical form. */
  readonly isReadable: boolean;
  readonly filedUnder: Filing | undefined;
};

const CODES = {
  BLOCK: 'policy.blocked',
  REQUIRE_APPROVAL: 'approval.required',
  ALLOW: 'policy.allowed',
} as const;

const NO_CHECKS: readonly Check[] = [];

export function compileRule({ rule, conditionsText }: KeyedRule, order: number): CompiledRule {
  const { conditions, action, rule_id: ruleId } = rule;
  const checks: Check[] = [];
  for (const name of conditionNames) {
    const matches = matcherOf(name, conditions, action);
    if (matches !== undefined) checks.push({ name, matches });
  }
  const filedUnder = FILING.find((name) => conditions[name] !== undefined);
  const otherChecks = checks.filter(({ name }) => name !== filedUnder);
  const field = checks[0]?.name ?? 'target';
  return {
    decision: { verdict: action, code: CODES[action], ruleId, field, reservations: [] },
    rank: rankOf(action),
    isRestrictive: action !== 'ALLOW',
    otherChecks: otherChecks.length === 0 ? NO_CHECKS : otherChecks,
    budgets: budgetsOf(rule),
    order,
    checks,
    rule,
    conditionsText,
    isReadable: isReadable(rule),
    filedUnder,
  };
}

/**
 * Whether a condition's answer lets the rule match. What is undetermined never helps an ALLOW
 * rule and never hinders a restrictive one.
 */
export function letsMatch(isRestrictive: boolean, truth: Truth): boolean {
  return isRestrictive ? truth !== 'no' : truth === 'yes';
}

/** Whether the rule matches, budgets aside. */
export function holds(rule: CompiledRule, checks: readonly Check[], subject: Subject): boolean {
  for (const { matches } of checks) {
    if (!letsMatch(rule.isRestrictive, matches(subject))) return false;
  }
  return true;
}

/** The first condition that keeps the rule from matching. */
export function unmetCondition(rule: CompiledRule, subject: Subject): ConditionName | undefined {
  const unmet = rule.checks.find(({ matches }) => !letsMatch(rule.isRestrictive, matches(subject)));
  return unmet?.name;
}

function isReadable({ conditions }: Rule): boolean {
  const { allow_domains = [], allow_paths = [] } = conditions;
  return (
    allow_domains.every((domain) => canonicalDomain(domain) === domain) &&
    allow_paths.every((path) => isPattern(readPattern(path)))
  );
}
