import type { Digest } from '@ioi/canon';
import type { DecideAction, HeadKey, Money, Reservation, View } from '@ioi/protocol';
import { type GraphRunHead, type GraphSessionHead, graphKeys, spendIdOf } from '../graphs/heads.ts';
import { type LayeredDecision, scaleAmount } from '../policy/index.ts';
import { readTotal } from '../policy/money.ts';
import { type BudgetHead, keys } from './heads.ts';

type Act = Pick<DecideAction, 'request'>;

/** What a step of a graph is of, and draws on: the budget of the whole, and its own. */
export function graphSpendKeys(act: Act, view: View): readonly HeadKey[] {
  const key = sessionKey(act);
  if (key === undefined) return [];
  const head = view.get<GraphSessionHead>(key);
  const id = head?.graph_run_id;
  const graph = id === undefined ? [] : [graphKeys.graph(id), graphKeys.run(id)];
  return [key, ...graph, ...capsOf(head).map(({ budgetId }) => keys.budget(budgetId))];
}

/** No more is spent in a graph than it says, whatever else the rules allow. */
export function withinGraph(decision: LayeredDecision, act: Act, view: View): LayeredDecision {
  const key = sessionKey(act);
  if (decision.verdict === 'BLOCK' || key === undefined) return decision;
  const head = view.get<GraphSessionHead>(key);
  const caps = capsOf(head);
  const { params } = act.request;
  if (head === undefined || caps.length === 0 || params['amount'] === undefined) return decision;
  // What it spent is counted no longer: nothing more is spent in it.
  const run = view.get<GraphRunHead>(graphKeys.run(head.graph_run_id));
  if (run === undefined || run.freed) return EXHAUSTED;
  const amount = readTotal(params);
  const taken: Reservation[] = [];
  for (const { budgetId, most } of caps) {
    const spent = spentOf(view.get<BudgetHead>(keys.budget(budgetId)));
    const isWithin =
      amount !== undefined &&
      amount.money.unit === most.unit &&
      spent + amount.scaled <= (scaleAmount(most.amount) ?? -1n);
    if (!isWithin) return EXHAUSTED;
    taken.push({ budget_id: budgetId, spend: amount.money });
  }
  return { ...decision, reservations: [...decision.reservations, ...taken] };
}

const EXHAUSTED: LayeredDecision = {
  verdict: 'BLOCK',
  code: 'policy.budget_exhausted',
  field: 'workflow.max_spend',
  reservations: [],
};

/** The session of a step of a graph, by which its run is held to what it did. */
export function graphSession(act: Act, view: View): { readonly session_id?: Digest } {
  const key = sessionKey(act);
  return key === undefined || view.get(key) === undefined ? {} : { session_id: key.id as Digest };
}

/** Whoever is said to act: a name of another kind would escape what is counted. */
function sessionKey({ request: { context } }: Act): HeadKey | undefined {
  const { session_id: session } = context;
  return session === undefined ? undefined : graphKeys.session(session);
}

type Cap = { readonly budgetId: string; readonly most: Money };

function capsOf(head: GraphSessionHead | undefined): readonly Cap[] {
  if (head === undefined) return [];
  const { graph_run_id: graph, step_id: step, whole, own } = head;
  return [
    ...(whole === undefined ? [] : [{ budgetId: spendIdOf(graph), most: whole }]),
    ...(own === undefined ? [] : [{ budgetId: spendIdOf(graph, step), most: own }]),
  ];
}

function spentOf(head: BudgetHead | undefined): bigint {
  return (head?.uses ?? []).reduce((sum, use) => sum + BigInt(use.spend), 0n);
}
