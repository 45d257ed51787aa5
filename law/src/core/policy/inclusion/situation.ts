import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import type { BudgetView } from '../budgets.ts';
import { type Subject, subjectOf } from '../subject.ts';

/** What one class of one dimension says of a request, its facts and the budgets it meets. */
export type Fragment = {
  readonly params?: ActionRequest['params'];
  readonly facts?: ActionFacts;
  readonly context?: Partial<ActionRequest['context']>;
  /** Calls so far by budget id and window, `rate:fs::read:60000`, where not 0. */
  readonly calls?: Readonly<Record<string, number>>;
  /** Spend so far, times 10^18, where not 0: `usd` of the session, `usd/day` of a day. */
  readonly spent?: Readonly<Record<string, string>>;
};

/** Everything a decision depends on beside the policy. Plain data, so that it can be handed on. */
export type Situation = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly calls: Readonly<Record<string, number>>;
  readonly spent: Readonly<Record<string, string>>;
};

const NOBODY = { agent_id: 'agent://local/any' } as const;

function joined(parts: readonly Fragment[]): Fragment {
  return {
    params: Object.assign({}, ...parts.map(({ params }) => params)),
    facts: Object.assign({}, ...parts.map(({ facts }) => facts)),
    context: Object.assign({}, ...parts.map(({ context }) => context)),
    calls: Object.assign({}, ...parts.map(({ calls }) => calls)),
    spent: Object.assign({}, ...parts.map(({ spent }) => spent)),
  };
}

export function situationOf(target: string, parts: readonly Fragment[]): Situation {
  const { params = {}, facts = {}, context, calls = {}, spent = {} } = joined(parts);
  const request = { target, params, context: { ...NOBODY, ...context }, nonce: '0' };
  return { request, facts, calls, spent };
}

export function subjectIn({ request, facts }: Situation): Subject {
  return subjectOf(request, facts);
}

/** A decision reads the spend of one session and one agent, so it is kept by unit alone. */
export function budgetsIn({ calls, spent }: Pick<Situation, 'calls' | 'spent'>): BudgetView {
  return {
    calls: (budgetId, windowMs) => calls[callsKey(budgetId, windowMs)] ?? 0,
    spent: (_, unit, windowMs) => BigInt(spent[spentKey(unit, windowMs !== undefined)] ?? '0'),
  };
}

export function callsKey(budgetId: string, windowMs: number): string {
  return `${budgetId}:${windowMs}`;
}

export function spentKey(unit: string, isOfDay: boolean): string {
  return isOfDay ? `${unit}/day` : unit;
}
