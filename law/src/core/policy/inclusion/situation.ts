import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import type { BudgetView } from '../budgets.ts';
import { type Subject, subjectOf } from '../subject.ts';

/** What one class of one dimension says of a request, its facts and the budgets it meets. */
export type Fragment = {
  readonly params?: ActionRequest['params'];
  readonly facts?: ActionFacts;
  /** Calls so far by budget id, where not 0. */
  readonly calls?: Readonly<Record<string, number>>;
  /** Spend so far by unit, times 10^18, where not 0. */
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
    calls: Object.assign({}, ...parts.map(({ calls }) => calls)),
    spent: Object.assign({}, ...parts.map(({ spent }) => spent)),
  };
}

export function situationOf(target: string, parts: readonly Fragment[]): Situation {
  const { params = {}, facts = {}, calls = {}, spent = {} } = joined(parts);
  const request = { target, params, context: NOBODY, nonce: '0' };
  return { request, facts, calls, spent };
}

export function subjectIn({ request, facts }: Situation): Subject {
  return subjectOf(request, facts);
}

/** One session's spend is all that a single decision reads, so it is kept by unit alone. */
export function budgetsIn({ calls, spent }: Situation): BudgetView {
  return {
    calls: (budgetId) => (Object.hasOwn(calls, budgetId) ? (calls[budgetId] ?? 0) : 0),
    spent: (_, unit) => (Object.hasOwn(spent, unit) ? BigInt(spent[unit] ?? '0') : 0n),
  };
}
