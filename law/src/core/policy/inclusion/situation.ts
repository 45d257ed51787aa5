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
  readonly time?: string;
};

/** Everything a decision depends on beside the policy. Plain data, so that it can be handed on. */
export type Situation = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly calls: Readonly<Record<string, number>>;
  readonly spent: Readonly<Record<string, string>>;
  /** Chain Time, where any rule expires. */
  readonly time?: string;
};

const NOBODY = { agent_id: 'agent://local/any' } as const;

function joined(parts: readonly Fragment[]): Fragment {
  return {
    params: Object.assign({}, ...parts.map(({ params }) => params)),
    facts: Object.assign({}, ...parts.map(({ facts }) => facts)),
    context: Object.assign({}, ...parts.map(({ context }) => context)),
    calls: Object.assign({}, ...parts.map(({ calls }) => calls)),
    spent: Object.assign({}, ...parts.map(({ spent }) => spent)),
    ...Object.assign({}, ...parts.map(({ time }) => (time === undefined ? {} : { time }))),
  };
}

export function situationOf(target: string, parts: readonly Fragment[]): Situation {
  const { params = {}, facts = {}, context, calls = {}, spent = {}, time } = joined(parts);
  const request = { target, params, context: { ...NOBODY, ...context }, nonce: '0' };
  return { request, facts, calls, spent, ...(time === undefined ? {} : { time }) };
}

export function subjectIn({ request, facts }: Situation): Subject {
  return subjectOf(request, facts);
}

/** A decision reads the spend of one session and one agent, so it is kept by unit alone. */
type Used = Pick<Situation, 'calls' | 'spent' | 'time'>;

export function budgetsIn({ calls, spent, time }: Used): BudgetView {
  return {
    calls: (budgetId, windowMs) => calls[callsKey(budgetId, windowMs)] ?? 0,
    spent: (_, unit, windowMs) => BigInt(spent[spentKey(unit, windowMs !== undefined)] ?? '0'),
    ...(time === undefined ? {} : { time: BigInt(time) }),
  };
}

export function callsKey(budgetId: string, windowMs: number): string {
  return `${budgetId}:${windowMs}`;
}

export function spentKey(unit: string, isOfDay: boolean): string {
  return isOfDay ? `${unit}/day` : unit;
}
