import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import { type Shape, shapeOf } from '../learn/trace.ts';
import {
  type BudgetView,
  type CompiledPolicy,
  evaluate,
  type Subject,
  subjectOf,
} from '../policy/index.ts';

/** A request that a person was asked about, and what the person said. */
export type Answered = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly isApproved: boolean;
};

export type Member = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly subject: Subject;
  readonly shape: Shape;
};

/** Approvals of one agent, one target and one shape, which one rule asks about. */
export type Group = { readonly ruleId: string; readonly members: readonly Member[] };

/** With nothing used up; only the time counts. */
export function unusedAt(time: bigint): BudgetView {
  return { calls: () => 0, spent: () => 0n, time };
}

/** What the policy of today asks about, by what can be said of it in one rule. */
export function groupsOf(
  approved: readonly Answered[],
  policy: CompiledPolicy,
  now: bigint,
): readonly Group[] {
  const groups = new Map<string, { ruleId: string; members: Member[] }>();
  for (const { request, facts } of approved) {
    const subject = subjectOf(request, facts);
    const { verdict, ruleId } = evaluate(policy, subject, unusedAt(now));
    if (verdict !== 'REQUIRE_APPROVAL' || ruleId === undefined) continue;
    const shape = shapeOf({ request, facts, isAsked: true });
    const unit = subject.amount?.money.unit;
    const said = [request.context.agent_id, request.target, shape.kind, unit ?? null];
    const key = JSON.stringify([ruleId, ...said, facts.target_exists ?? null]);
    const group = groups.get(key) ?? { ruleId, members: [] };
    groups.set(key, group);
    group.members.push({ request, facts, subject, shape });
  }
  return [...groups.keys()].sort().map((key) => groups.get(key) as Group);
}
