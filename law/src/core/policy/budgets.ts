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

/** The origin stands in it by its digest: it is the agent's text, and may be long. */
export function originBudgetId(
  target: string,
  windowMs: number,
  origin: string | undefined,
): string {
  // Requests whose origin is not known share one budget: it fills the sooner.
  const name = origin === undefined ? 'unknown' : digestBytes(origin);
  return `${rateBudgetId(target, windowMs).replace(/:[0-9]+$/, '')}@${name}:${windowMs}`;
}

export function sessionBudgetId(holder: string, unit: string): string {
  return `session_spend:${holder}:${unit}`;
}

/** Distinct rate windows, those per origin too, that the rules of one target may use, so that reservations stay few. */
export const MOST_WINDOWS = 3;

type Rate = { readonly windowMs: number; readonly count: number };

/** The budget conditions of one rule, ready to ask. */
export type RuleBudgets = {
  readonly rate?: Rate & { readonly budgetId: string };
  readonly originRate?: Rate & { readonly target: string };
  readonly session?: { readonly unit: string; readonly most: bigint };
};

/** Undefined when the rule has none. A BLOCK rule admits nothing, so it counts nothing. */
export function budgetsOf(rule: Rule): RuleBudgets | undefined {
  const { rate_limit: rate, max_session_spend: session } = rule.conditions;
  const { rate_limit_per_origin: originRate } = rule.conditions;
  if (rule.action === 'BLOCK') return undefined;
  const { target } = rule;
  const budgets: RuleBudgets = {
    ...(rate && rateOf(target, rate)),
    ...(originRate && {
      originRate: { target, windowMs: originRate.window_ms, count: originRate.count },
    }),
    ...(session && sessionOf(session)),
  };
  return Object.keys(budgets).length === 0 ? undefined : budgets;
}

function rateOf(target: string, rate: NonNullable<Conditions['rate_limit']>): RuleBudgets {
  const { count, window_ms: windowMs } = rate;
  return { rate: { budgetId: rateBudgetId(target, windowMs), windowMs, count } };
}

function sessionOf(cap: NonNullable<Conditions['max_session_spend']>): RuleBudgets {
  // A cap that is no amount admits nothing.
  return { session: { unit: cap.unit, most: scaleAmount(cap.amount) ?? -1n } };
}

export type BudgetCondition = 'rate_limit' | 'rate_limit_per_origin' | 'max_session_spend';

/** The budget that has nothing left for one more such action; undefined when all have. */
export function exhaustedBudget(
  { rate, originRate, session }: RuleBudgets,
  subject: Subject,
  budgets: BudgetView,
): BudgetCondition | undefined {
  if (rate && budgets.calls(rate.budgetId, rate.windowMs) >= rate.count) return 'rate_limit';
  if (originRate) {
    const { target, windowMs, count } = originRate;
    const budgetId = originBudgetId(target, windowMs, subject.destination.origin);
    if (budgets.calls(budgetId, windowMs) >= count) return 'rate_limit_per_origin';
  }
  if (session === undefined || subject.amount?.money.unit !== session.unit) return undefined;
  const spent = budgets.spent(sessionBudgetId(subject.budgetHolder, session.unit), session.unit);
  return spent + subject.amount.scaled > session.most ? 'max_session_spend' : undefined;
}

type Origin = { readonly target: string; readonly windowMs: number };

/** The budgets that the rules applying to one target declare. */
export type TargetBudgets = {
  readonly calls: readonly Reservation[];
  /** Rates that each origin has for itself. */
  readonly origins: readonly Origin[];
  readonly units: readonly string[];
};

/** Sorted, so that every evaluator reserves the same in the same order. */
export function targetBudgets(rules: Iterable<RuleBudgets | undefined>): TargetBudgets {
  const ids = new Set<string>();
  const origins = new Map<string, Origin>();
  const units = new Set<string>();
  for (const budgets of rules) {
    if (budgets?.rate) ids.add(budgets.rate.budgetId);
    if (budgets?.originRate) {
      const { target, windowMs } = budgets.originRate;
      origins.set(rateBudgetId(target, windowMs), { target, windowMs });
    }
    if (budgets?.session) units.add(budgets.session.unit);
  }
  return {
    calls: [...ids].sort().map((budgetId) => ({ budget_id: budgetId, calls: 1 })),
    origins: [...origins.keys()].sort().map((id) => origins.get(id) as Origin),
    units: [...units].sort(),
  };
}

/** Ids of the calls that an action counts as, in the order they are reserved. */
export function callBudgetIds(declared: TargetBudgets, subject: Subject): readonly string[] {
  const ids = declared.calls.map(({ budget_id }) => budget_id);
  if (declared.origins.length === 0) return ids;
  const { origin } = subject.destination;
  return [
    ...ids,
    ...declared.origins.map((each) => originBudgetId(each.target, each.windowMs, origin)),
  ];
}

/**
 * What an admitted action takes: one call of every rate declared for its target, whichever rule
 * admitted it, and its amount where its session's spend in that unit is bounded.
 */
export function reservationsFor(declared: TargetBudgets, subject: Subject): readonly Reservation[] {
  const { amount } = subject;
  const calls =
    declared.origins.length === 0
      ? declared.calls
      : callBudgetIds(declared, subject).map((budget_id) => ({ budget_id, calls: 1 }));
  if (amount === undefined || !declared.units.includes(amount.money.unit)) return calls;
  const budget_id = sessionBudgetId(subject.budgetHolder, amount.money.unit);
  return [...calls, { budget_id, spend: amount.money }];
}
