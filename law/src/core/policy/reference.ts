import type { ActionRules } from '@ioi/protocol';
import {
  type BudgetCondition,
  type BudgetView,
  budgetsOf,
  exhaustedBudget,
  reservationsFor,
  targetBudgets,
} from './budgets.ts';
import type { Matcher } from './condition.ts';
import { conditionNames, matcherOf } from './conditions.ts';
import type { Decision } from './decision.ts';
import { isStrictlyInside } from './region.ts';
import { type ConditionName, type Rule, targetIncludes } from './rules.ts';
import type { Subject } from './subject.ts';

/**
 * The slow, obvious evaluator beside `evaluate`: every rule of the canonical list is asked about
 * every request, and the rulings are spelled out over the rules that match. It shares the
 * meaning of single conditions with `evaluate`; those have a reference of their own in tests.
 */
export function evaluateReference(
  canonical: ActionRules,
  subject: Subject,
  budgets: BudgetView,
): Decision {
  return referenceOf(canonical)(subject, budgets);
}

/** The same for whoever asks one policy many times: what its rules say is read once. */
export function referenceOf(
  canonical: ActionRules,
): (subject: Subject, budgets: BudgetView) => Decision {
  const asked = canonical.rules.map((rule): Asked => ({ rule }));
  const { mode, observe_until: until } = canonical;
  return (subject, budgets) => {
    const decision = enforced(asked, subject, budgets);
    const { verdict, code } = decision;
    const isFinal = verdict === 'ALLOW' || code === 'policy.blocked';
    const isOver = until !== undefined && !(Number(budgets.time ?? until) < Number(until));
    if (mode !== 'observe' || isOver || isFinal) return decision;
    return { ...decision, verdict: 'ALLOW', code: 'policy.observed', observed: { verdict, code } };
  };
}

type Matchers = readonly (readonly [ConditionName, Matcher])[];
/** Its conditions are read once a request is asked of it that its target includes. */
type Asked = { readonly rule: Rule; matchers?: Matchers };

function enforced(asked: readonly Asked[], subject: Subject, budgets: BudgetView): Decision {
  const concerned = asked.filter(({ rule }) => targetIncludes(rule.target, subject.target));
  const applicable = concerned.map(({ rule }) => rule);
  const declared = targetBudgets(applicable.map(budgetsOf));
  const matching = concerned
    .filter((each) => unmet(each, subject) === undefined)
    .map(({ rule }) => rule);

  const blocking = matching.find((rule) => rule.action === 'BLOCK');
  if (blocking) return decide('BLOCK', 'policy.blocked', blocking);
  if (matching.length === 0) {
    const nearest = concerned.find(({ rule }) => rule.action === 'ALLOW') ?? concerned[0];
    const field = (nearest && unmet(nearest, subject)) ?? 'target';
    return { verdict: 'BLOCK', code: 'policy.default_deny', field, reservations: [] };
  }

  const spent = (rule: Rule): BudgetCondition | undefined => {
    const own = budgetsOf(rule);
    return own && exhaustedBudget(own, subject, budgets);
  };
  const live = matching.filter((rule) => rule.action !== 'ALLOW' || spent(rule) === undefined);
  const inner = innermost(live.length > 0 ? live : matching);
  const spentOne = inner.find((rule) => rule.action !== 'ALLOW' && spent(rule) !== undefined);
  if (spentOne) return exhausted(spentOne, spent(spentOne));
  const asking = inner.find((rule) => rule.action === 'REQUIRE_APPROVAL');
  const reservations = reservationsFor(declared, subject);
  if (asking) return { ...decide('REQUIRE_APPROVAL', 'approval.required', asking), reservations };
  const allowing = inner[0] as Rule;
  if (live.length === 0) return exhausted(allowing, spent(allowing));
  return { ...decide('ALLOW', 'policy.allowed', allowing), reservations };
}

/** The rules that no other matching rule lies strictly inside of. */
function innermost(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter((rule) => !rules.some((other) => isStrictlyInside(other, rule)));
}

/** In the order in which `conditionNames` has them. */
function matchersOf({ conditions, action }: Rule): Matchers {
  return conditionNames.flatMap((name) => {
    const matcher = matcherOf(name, conditions, action);
    return matcher === undefined ? [] : [[name, matcher] as const];
  });
}

/** The first condition that keeps a rule from matching. */
function unmet(asked: Asked, subject: Subject): ConditionName | undefined {
  const { rule } = asked;
  asked.matchers ??= matchersOf(rule);
  const found = asked.matchers.find(([, matcher]) => {
    const truth = matcher(subject);
    return rule.action === 'ALLOW' ? truth !== 'yes' : truth === 'no';
  });
  return found?.[0];
}

function decide(verdict: Decision['verdict'], code: Decision['code'], rule: Rule): Decision {
  return { verdict, code, ruleId: rule.rule_id, field: decidingField(rule), reservations: [] };
}

function exhausted(rule: Rule, field: BudgetCondition | undefined): Decision {
  return { ...decide('BLOCK', 'policy.budget_exhausted', rule), ...(field && { field }) };
}

function decidingField(rule: Rule): string {
  return conditionNames.find((name) => rule.conditions[name] !== undefined) ?? 'target';
}
