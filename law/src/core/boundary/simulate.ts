import type { Digest } from '@ioi/canon';
import type { DecideAction, LogEntry, RuntimeToolContract } from '@ioi/protocol';
import { outsideEnvelope } from '../capability/envelope.ts';
import { type CompiledPolicy, type Decision, evaluate, subjectOf } from '../policy/index.ts';
import { budgetView, reserve } from './budgets.ts';
import { outcomeUnder, withEgress } from './egress.ts';
import type { BoundaryEvent } from './events.ts';
import type { BudgetHead } from './heads.ts';

const DECIDE = 'boundary/action.decide';

type Verdict = DecideAction['verdict'];

/** What recorded actions would have come to under another policy. Its digest is recorded. */
export type PolicySimulation = {
  readonly policy_hash: Digest;
  /** Log positions of the first and last decision that was run again; absent without any. */
  readonly first_seq?: string;
  readonly last_seq?: string;
  readonly actions: number;
  /** How many verdicts changed, as `BLOCK ALLOW`: what it was, what it would be. */
  readonly counts: Readonly<Record<string, number>>;
  readonly changed: readonly ChangedVerdict[];
};

export type ChangedVerdict = {
  readonly seq: string;
  readonly request_hash: Digest;
  readonly target: string;
  readonly was: Verdict;
  readonly becomes: Verdict;
  readonly rule_id?: string;
};

type Decided = { readonly entry: LogEntry; readonly payload: DecideAction; readonly hash: Digest };

/**
 * Runs the recorded decisions again, on the requests and facts of then, in their order. Budgets
 * count from the first of them: by what the policy admits, and by what a person approved where it
 * asks. Nothing is given back for effects that failed.
 */
export function simulatePolicy(
  policy: CompiledPolicy,
  entries: readonly LogEntry[],
): PolicySimulation {
  const decided = latestDecisions(entries);
  const contracts = contractsIn(entries);
  const uses = new Map<string, BudgetHead>();
  const changed: ChangedVerdict[] = [];
  for (const { entry, payload, hash } of decided) {
    const { request, facts, verdict: was } = payload;
    const at = BigInt(entry.chain_time);
    const budgets = budgetView((id) => uses.get(id), at);
    const contract = contracts.get(payload.contract_hash) ?? UNKNOWN_CONTRACT;
    const layers = { local: policy };
    const ruled =
      outsideEnvelope(layers, contract) ?? evaluate(policy, subjectOf(request, facts), budgets);
    const decision = withEgress(ruled, outcomeUnder(payload, layers, contract));
    const { verdict: becomes, ruleId } = decision;
    for (const each of takenBy(decision, entry)) {
      uses.set(each.budget_id, reserve(uses.get(each.budget_id), each, { at, requestHash: hash }));
    }
    if (becomes === was) continue;
    const rule = ruleId === undefined ? {} : { rule_id: ruleId };
    const about = { seq: entry.seq, request_hash: hash, target: request.target };
    changed.push({ ...about, was, becomes, ...rule });
  }
  const [first, last] = [decided[0]?.entry.seq, decided.at(-1)?.entry.seq];
  return {
    policy_hash: policy.policyHash,
    ...(first === undefined || last === undefined ? {} : { first_seq: first, last_seq: last }),
    actions: decided.length,
    counts: countsOf(changed),
    changed,
  };
}

/** Those of them that decide: what a policy is run over again. */
export function decisionsIn(entries: readonly LogEntry[]): readonly LogEntry[] {
  return entries.filter(({ operation }) => operation === DECIDE);
}

/** The contracts that decisions name, each once: an act without its own counts as the worst. */
export function contractsNamedIn(decisions: readonly LogEntry[]): readonly string[] {
  return [...new Set(decisions.map(({ payload }) => (payload as DecideAction).contract_hash))];
}

type Contracts = ReadonlyMap<string, RuntimeToolContract>;

function contractsIn(entries: readonly LogEntry[]): Contracts {
  const events = entries.flatMap((entry) => entry.events as BoundaryEvent[]);
  const registered = events.filter((event) => event.type === 'contract.registered');
  return new Map(registered.map(({ contract_hash, contract }) => [contract_hash, contract]));
}

/** One that is not among the entries counts as of high risk and lies outside every envelope. */
const UNKNOWN_CONTRACT: Pick<
  RuntimeToolContract,
  'effect' | 'risk_class' | 'primitive_capabilities' | 'authority_scopes'
> = {
  effect: 'at_most_once',
  risk_class: 'high',
  primitive_capabilities: ['unknown'],
  authority_scopes: [],
};

/** The decision that stands of each action: an approval decides the same request again. */
function latestDecisions(entries: readonly LogEntry[]): Decided[] {
  const latest = new Map<Digest, Decided>();
  for (const entry of entries) {
    const hash = requestHashIn(entry);
    if (hash === undefined) continue;
    latest.delete(hash);
    latest.set(hash, { entry, payload: entry.payload as unknown as DecideAction, hash });
  }
  return [...latest.values()];
}

function requestHashIn({ operation, events }: LogEntry): Digest | undefined {
  if (operation !== DECIDE) return undefined;
  const emitted = (events as BoundaryEvent[]).find(({ type }) => type === 'receipt.emitted');
  const body = emitted?.type === 'receipt.emitted' ? emitted.receipt.body : undefined;
  return body?.request_hash as Digest | undefined;
}

function takenBy({ verdict, reservations }: Decision, entry: LogEntry): Decision['reservations'] {
  const wasAdmitted = (entry.events as BoundaryEvent[]).some(
    ({ type }) => type === 'action.committed',
  );
  return verdict === 'ALLOW' || wasAdmitted ? reservations : [];
}

function countsOf(changed: readonly ChangedVerdict[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { was, becomes } of changed) {
    const change = `${was} ${becomes}`;
    counts.set(change, (counts.get(change) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
