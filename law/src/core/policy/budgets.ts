import { digestBytes } from '@ioi/canon';
import type { Reservation } from '@ioi/protocol';
import { readChainTime } from './chain-time.ts';
import { scaleAmount } from './money.ts';
import type { Conditions, Rule } from './rules.ts';
import type { Subject } from './subject.ts';

/** What has been used of a budget, settled or reserved. Both are read, never written, here. */
export type BudgetView = {
  /** Calls within the last `windowMs` of Chain Time. */
  calls(budgetId: string, windowMs: number): number;
  /** Spend so far, times 10^18; with a window, only what was taken within it. */
  spent(budgetId: string, unit: string, windowMs?: number): bigint;
  /** Chain Time; where it is not known, whatever expires has expired. */
  readonly time?: bigint;
};

/**
 * Calls are kept by target and spend by session and unit, never by rule nor by window: splitting
 * a rule in two, or activating another policy with other windows, leaves the history as it was.
 */
export function rateBudgetId(target: string): string {
  // A budget id is at most 256 characters; a longer target stands in it by its digest.
  return `rate:${target.length <= 180 ? target : digestBytes(target)}`;
}

/** The origin stands in it by its digest: it is the agent's text, and may be long. */
export function originBudgetId(target: string, origin: string | undefined): string {
  // Requests whose origin is not known share one budget: it fills the sooner.
  return `${rateBudgetId(target)}@${origin === undefined ? 'unknown' : digestBytes(origin)}`;
}

export function sessionBudgetId(holder: string, unit: string): string {
  return `session_spend:${holder}:${unit}`;
}

/** A day is any 24 hours: at no hour of it can twice as much be spent. */
export const DAY_MS = 86_400_000;

export function dayBudgetId(agentId: string, unit: string): string {
  return `day_spend:${agentId}:${unit}`;
}

/**
 * Whose budgets an agent draws on: its own, and those of every agent it works for. What one
 * agent may spend is not more for being spent through others.
 */
export function holdersOf(agentId: string): readonly string[] {
  const [authority, ...names] = agentId.slice(SCHEME.length).split('/');
  const above = names.slice(0, MOST_ABOVE).map((_, at) => {
    return `${SCHEME}${[authority, ...names.slice(0, at + 1)].join('/')}`;
  });
  return [...new Set([...above, agentId])];
}

const SCHEME = 'agent://';
const MOST_ABOVE = 8;

/** Distinct rate windows of one target, those per origin too, so that reservations stay few. */
export const MOST_WINDOWS = 3;

type Cap = { readonly unit: string; readonly most: bigint };
type Rate = { readonly windowMs: number; readonly count: number };

/** The budget conditions of one rule, ready to ask. */
export type RuleBudgets = {
  readonly rate?: Rate & { readonly target: string };
  readonly originRate?: Rate & { readonly target: string };
  readonly session?: Cap;
  readonly day?: Cap;
  readonly expires?: bigint;
};

/** Undefined when the rule has none. A BLOCK rule admits nothing, so it counts nothing. */
export function budgetsOf(rule: Rule): RuleBudgets | undefined {
  const { rate_limit: rate, max_session_spend: session } = rule.conditions;
  const { rate_limit_per_origin: originRate, max_day_spend: day, expires } = rule.conditions;
  if (rule.action === 'BLOCK') return undefined;
  const { target } = rule;
  const budgets: RuleBudgets = {
    ...(rate && { rate: { target, windowMs: rate.window_ms, count: rate.count } }),
    ...(originRate && {
      originRate: { target, windowMs: originRate.window_ms, count: originRate.count },
    }),
    ...(session && { session: capOf(session) }),
    ...(day && { day: capOf(day) }),
    // What is no time has expired.
    ...(expires !== undefined && { expires: readChainTime(expires) ?? 0n }),
  };
  return Object.keys(budgets).length === 0 ? undefined : budgets;
}

function capOf(cap: NonNullable<Conditions['max_session_spend']>): Cap {
  // A cap that is no amount admits nothing.
  return { unit: cap.unit, most: scaleAmount(cap.amount) ?? -1n };
}

export type BudgetCondition =
  | 'expires'
  | 'rate_limit'
  | 'rate_limit_per_origin'
  | 'max_session_spend'
  | 'max_day_spend';

/** The budget that has nothing left for one more such action; undefined when all have. */
export function exhaustedBudget(
  { rate, originRate, session, day, expires }: RuleBudgets,
  subject: Subject,
  budgets: BudgetView,
): BudgetCondition | undefined {
  if (expires !== undefined && (budgets.time ?? expires) >= expires) return 'expires';
  if (rate && budgets.calls(rateBudgetId(rate.target), rate.windowMs) >= rate.count) {
    return 'rate_limit';
  }
  if (originRate) {
    const { target, windowMs, count } = originRate;
    const budgetId = originBudgetId(target, subject.destination.origin);
    if (budgets.calls(budgetId, windowMs) >= count) return 'rate_limit_per_origin';
  }
  if (subject.amount === undefined) return undefined;
  const { money, scaled } = subject.amount;
  const { unit } = money;
  const isOver = (cap: Cap | undefined, ids: readonly string[], windowMs?: number): boolean =>
    cap?.unit === unit && ids.some((id) => budgets.spent(id, unit, windowMs) + scaled > cap.most);
  if (isOver(session, sessionBudgetIds(subject, unit))) return 'max_session_spend';
  return isOver(day, dayBudgetIds(subject, unit), DAY_MS) ? 'max_day_spend' : undefined;
}

function sessionBudgetIds({ sessionId, agentId }: Subject, unit: string): readonly string[] {
  const holders = sessionId === undefined ? holdersOf(agentId) : [sessionId];
  return holders.map((holder) => sessionBudgetId(holder, unit));
}

function dayBudgetIds({ agentId }: Subject, unit: string): readonly string[] {
  return holdersOf(agentId).map((holder) => dayBudgetId(holder, unit));
}

/** What is kept of the calls of one target: as much as its rates look at. */
type Kept = { readonly target: string; readonly window_ms: number; readonly most: number };

/** The budgets that the rules applying to one target declare. */
export type TargetBudgets = {
  readonly calls: readonly Reservation[];
  /** Rates that each origin has for itself. */
  readonly origins: readonly Kept[];
  /** Units in which the spend of a session, and that of a day, is bounded. */
  readonly units: readonly string[];
  readonly dayUnits: readonly string[];
};

/** Sorted, so that every evaluator reserves the same in the same order. */
export function targetBudgets(rules: Iterable<RuleBudgets | undefined>): TargetBudgets {
  const calls = new Map<string, Kept>();
  const origins = new Map<string, Kept>();
  const units = new Set<string>();
  const dayUnits = new Set<string>();
  for (const budgets of rules) {
    if (budgets?.rate) keepFor(calls, budgets.rate);
    if (budgets?.originRate) keepFor(origins, budgets.originRate);
    if (budgets?.session) units.add(budgets.session.unit);
    if (budgets?.day) dayUnits.add(budgets.day.unit);
  }
  return {
    calls: sortedKept(calls).map(({ target, ...kept }) => {
      return { budget_id: rateBudgetId(target), calls: 1, ...kept };
    }),
    origins: sortedKept(origins),
    units: [...units].sort(),
    dayUnits: [...dayUnits].sort(),
  };
}

function keepFor(kept: Map<string, Kept>, { target, windowMs, count }: Rate & Target): void {
  const { window_ms = 0, most = 0 } = kept.get(target) ?? {};
  const longest = Math.max(window_ms, windowMs);
  kept.set(target, { target, window_ms: longest, most: Math.max(most, count) });
}

type Target = { readonly target: string };

function sortedKept(kept: ReadonlyMap<string, Kept>): readonly Kept[] {
  return [...kept.keys()].sort().map((target) => kept.get(target) as Kept);
}

/** The calls that an action counts as. */
function callsOf(declared: TargetBudgets, subject: Subject): readonly Reservation[] {
  if (declared.origins.length === 0) return declared.calls;
  const { origin } = subject.destination;
  const ofOrigin = declared.origins.map(({ target, ...kept }) => {
    return { budget_id: originBudgetId(target, origin), calls: 1, ...kept };
  });
  return [...declared.calls, ...ofOrigin];
}

/** Ids of the calls that an action counts as, in the order they are reserved. */
export function callBudgetIds(declared: TargetBudgets, subject: Subject): readonly string[] {
  return callsOf(declared, subject).map(({ budget_id }) => budget_id);
}

/**
 * What an admitted action takes: one call of every rate declared for its target, whichever rule
 * admitted it, and its amount where its session's spend in that unit is bounded.
 */
export function reservationsFor(declared: TargetBudgets, subject: Subject): readonly Reservation[] {
  const calls = callsOf(declared, subject);
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
    ...(declared.units.includes(unit) ? sessionBudgetIds(subject, unit) : []),
    ...(declared.dayUnits.includes(unit) ? dayBudgetIds(subject, unit) : []),
  ];
}
