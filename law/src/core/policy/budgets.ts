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
  /** With a window, only what was taken within it. */
  spent(budgetId: string, unit: string, windowMs?: number): bigint;
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
function originBudgetId(target: string, windowMs: number, origin: string | undefined): string {
  // Requests whose origin is not known share one budget: it fills the sooner.
  const name = origin === undefined ? 'unknown' : digestBytes(origin);
  return `${rateBudgetId(target, windowMs).replace(/:[0-9]+$/, '')}@${name}:${windowMs}`;
}

export function sessionBudgetId(holder: string, unit: string): string {
  return `session_spend:${holder}:${unit}`;
}

/** A day is any 24 hours: at no hour of it can twice as much be spent. */
export const DAY_MS = 86_400_000;

export function dayBudgetId(agentId: string, unit: string): string {
  return `day_spend:${agentId}:${unit}`;
}

/** Distinct rate windows of one target, those per origin too, so that reservations stay few. */
export const MOST_WINDOWS = 3;

type Cap = { readonly unit: string; readonly most: bigint };
type Rate = { readonly windowMs: number; readonly count: number };

/** The budget conditions of one rule, ready to ask. */
export type RuleBudgets = {
  readonly rate?: Rate & { readonly budgetId: string };
  readonly originRate?: Rate & { readonly target: string };
  readonly session?: Cap;
  readonly day?: Cap;
};

/** Undefined when the rule has none. A BLOCK rule admits nothing, so it counts nothing. */
export function budgetsOf(rule: Rule): RuleBudgets | undefined {
  const { rate_limit: rate, max_session_spend: session } = rule.conditions;
  const { rate_limit_per_origin: originRate, max_day_spend: day } = rule.conditions;
  if (rule.action === 'BLOCK') return undefined;
  const { target } = rule;
  const budgets: RuleBudgets = {
    ...(rate && rateOf(target, rate)),
    ...(originRate && {
      originRate: { target, windowMs: originRate.window_ms, count: originRate.count },
    }),
    ...(session && { session: capOf(session) }),
    ...(day && { day: capOf(day) }),
  };
  return Object.keys(budgets).length === 0 ? undefined : budgets;
}

function rateOf(target: string, rate: NonNullable<Conditions['rate_limit']>): RuleBudgets {
  const { count, window_ms: windowMs } = rate;
  return { rate: { budgetId: rateBudgetId(target, windowMs), windowMs, count } };
}

function capOf(cap: NonNullable<Conditions['max_session_spend']>): Cap {
  // A cap that is no amount admits nothing.
  return { unit: cap.unit, most: scaleAmount(cap.amount) ?? -1n };
}

export type BudgetCondition =
  | 'rate_limit'
  | 'rate_limit_per_origin'
  | 'max_session_spend'
  | 'max_day_spend';

/** The budget that has nothing left for one more such action; undefined when all have. */
export function exhaustedBudget(
  { rate, originRate, session, day }: RuleBudgets,
  subject: Subject,
  budgets: BudgetView,
): BudgetCondition | undefined {
  if (rate && budgets.calls(rate.budgetId, rate.windowMs) >= rate.count) return 'rate_limit';
  if (originRate) {
    const { target, windowMs, count } = originRate;
    const budgetId = originBudgetId(target, windowMs, subject.destination.origin);
    if (budgets.calls(budgetId, windowMs) >= count) return 'rate_limit_per_origin';
  }
  if (subject.amount === undefined) return undefined;
  const { money, scaled } = subject.amount;
  if (session?.unit === money.unit) {
    const spent = budgets.spent(sessionBudgetId(subject.budgetHolder, money.unit), money.unit);
    if (spent + scaled > session.most) return 'max_session_spend';
  }
  if (day?.unit !== money.unit) return undefined;
  const spent = budgets.spent(dayBudgetId(subject.agentId, money.unit), money.unit, DAY_MS);
  return spent + scaled > day.most ? 'max_day_spend' : undefined;
}

type Origin = { readonly target: string; readonly windowMs: number };

/** The budgets that the rules applying to one target declare. */
export type TargetBudgets = {
  readonly calls: readonly Reservation[];
  /** Rates that each origin has for itself. */
  readonly origins: readonly Origin[];
  /** Units in which the spend of a session, and that of a day, is bounded. */
  readonly units: readonly string[];
  readonly dayUnits: readonly string[];
};

/** Sorted, so that every evaluator reserves the same in the same order. */
export function targetBudgets(rules: Iterable<RuleBudgets | undefined>): TargetBudgets {
  const ids = new Set<string>();
  const origins = new Map<string, Origin>();
  const units = new Set<string>();
  const dayUnits = new Set<string>();
  for (const budgets of rules) {
    if (budgets?.rate) ids.add(budgets.rate.budgetId);
    if (budgets?.originRate) {
      const { target, windowMs } = budgets.originRate;
      origins.set(rateBudgetId(target, windowMs), { target, windowMs });
    }
    if (budgets?.session) units.add(budgets.session.unit);
    if (budgets?.day) dayUnits.add(budgets.day.unit);
  }
  return {
    calls: [...ids].sort().map((budgetId) => ({ budget_id: budgetId, calls: 1 })),
    origins: [...origins.keys()].sort().map((id) => origins.get(id) as Origin),
    units: [...units].sort(),
    dayUnits: [...dayUnits].sort(),
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
  const calls =
    declared.origins.length === 0
      ? declared.calls
      : callBudgetIds(declared, subject).map((budget_id) => ({ budget_id, calls: 1 }));
  const spend = subject.amount?.money;
  if (spend === undefined) return calls;
  const spends = spendBudgetIds(declared, subject).map((budget_id) => ({ budget_id, spend }));
  return spends.length === 0 ? calls : [...calls, ...spends];
}

/** Ids of the bounded spends that the amount of an action adds to. */
export function spendBudgetIds(declared: TargetBudgets, subject: Subject): readonly string[] {
  const unit = subject.amount?.money.unit;
  if (unit === undefined) return [];
  return [
    ...(declared.units.includes(unit) ? [sessionBudgetId(subject.budgetHolder, unit)] : []),
    ...(declared.dayUnits.includes(unit) ? [dayBudgetId(subject.agentId, unit)] : []),
  ];
}
