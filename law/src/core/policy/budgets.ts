import { digestBytes } from '@ioi/canon';
import type { Reservation } from '@ioi/protocol';
import { scaleAmount } from './money.ts';
import type { Conditions, Rule } from './rules.ts';
import type { Subject } from './subject.ts';

/** What has been used of a budget, settled or reserved. Both are read, never written, here. */
export type BudgetView = {
  /** Calls within the last `windowMs` of Chain Time. */
  calls(budgetId: string, windowMs: number): number;
  /** Spend so far, times 10^18. */
  spent(budgetId: string, unit: string): bigint;
};

/**
 * Rates are kept by target and window and spend by session and unit, never by rule: splitting a
 * rule in two or activating another policy leaves the count where it was.
 */
export function rateBudgetId(target: string, windowMs: number): string {
  // A budget id is at most 256 characters; a longer target stands in it by its digest.
  const name = target.length <= 200 ? target : digestBytes(target);
  return `rate:${name}:${windowMs}`;
}

export function sessionBudgetId(holder: string, unit: string): string {
  return `session_spend:${holder}:${unit}`;
}

/** Distinct rate windows that the rules of one target may use, so that reservations stay few. */
export const MOST_WINDOWS = 3;

/** The budget conditions of one rule, ready to ask. */
export type RuleBudgets = {
  readonly rate?: { readonly budgetId: string; readonly windowMs: number; readonly count: number };
  readonly session?: { readonly unit: string; readonly most: bigint };
};

/** Undefined when the rule has none. A BLOCK rule admits nothing, so it counts nothing. */
export function budgetsOf(rule: Rule): RuleBudgets | undefined {
  const { rate_limit: rate, max_session_spend: session } = rule.conditions;
  if (rule.action === 'BLOCK' || (rate === undefined && session === undefined)) return undefined;
  return { ...(rate && rateOf(rule.target, rate)), ...(session && sessionOf(session)) };
}

function rateOf(target: string, rate: NonNullable<Conditions['rate_limit']>): RuleBudgets {
  const { count, window_ms: windowMs } = rate;
  return { rate: { budgetId: rateBudgetId(target, windowMs), windowMs, count } };
}

function sessionOf(cap: NonNullable<Conditions['max_session_spend']>): RuleBudgets {
  // A cap that is no amount admits nothing.
  return { session: { unit: cap.unit, most: scaleAmount(cap.amount) ?? -1n } };
}

export type BudgetCondition = 'rate_limit' | 'max_session_spend';

/** The budget that has nothing left for one more such action; undefined when all have. */
export function exhaustedBudget(
  { rate, session }: RuleBudgets,
  subject: Subject,
  budgets: BudgetView,
): BudgetCondition | undefined {
  if (rate && budgets.calls(rate.budgetId, rate.windowMs) >= rate.count) return 'rate_limit';
  if (session === undefined || subject.amount?.money.unit !== session.unit) return undefined;
  const spent = budgets.spent(sessionBudgetId(subject.budgetHolder, session.unit), session.unit);
  return spent + subject.amount.scaled > session.most ? 'max_session_spend' : undefined;
}

/** The budgets that the rules applying to one target declare. */
export type TargetBudgets = {
  readonly calls: readonly Reservation[];
  readonly units: readonly string[];
};

/** Sorted, so that every evaluator reserves the same in the same order. */
export function targetBudgets(rules: Iterable<RuleBudgets | undefined>): TargetBudgets {
  const ids = new Set<string>();
  const units = new Set<string>();
  for (const budgets of rules) {
    if (budgets?.rate) ids.add(budgets.rate.budgetId);
    if (budgets?.session) units.add(budgets.session.unit);
  }
  return {
    calls: [...ids].sort().map((budgetId) => ({ budget_id: budgetId, calls: 1 })),
    units: [...units].sort(),
  };
}

/**
 * What an admitted action takes: one call of every rate declared for its target, whichever rule
 * admitted it, and its amount where its session's spend in that unit is bounded.
 */
export function reservationsFor(declared: TargetBudgets, subject: Subject): readonly Reservation[] {
  const { amount } = subject;
  if (amount === undefined || !declared.units.includes(amount.money.unit)) return declared.calls;
  const budget_id = sessionBudgetId(subject.budgetHolder, amount.money.unit);
  return [...declared.calls, { budget_id, spend: amount.money }];
}
