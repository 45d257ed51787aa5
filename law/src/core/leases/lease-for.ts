import { err, ok, type Result } from '@ioi/basis';
import type { ActionRules } from '@ioi/protocol';
import { compilePolicy, evaluate, subjectOf } from '../policy/index.ts';
import { type Answered, unusedAt } from './answered.ts';
import { type LeaseTerms, type ProposedLease, proposeLeases } from './propose.ts';

/**
 * A lease over a request that waits, as if it were approved, and over what was approved before of
 * the same agent and target; over it alone where the others cannot go along. One is enough, since
 * a person asks for it. Else why there is none.
 */
export function leaseFor(
  asked: Omit<Answered, 'isApproved'>,
  answered: readonly Answered[],
  policy: ActionRules,
  terms: Omit<LeaseTerms, 'atLeast'>,
): Result<ProposedLease, string> {
  const own: Answered = { ...asked, isApproved: true };
  const denied = answered.filter(({ isApproved }) => !isApproved);
  const { target, context } = asked.request;
  const like = answered.filter(({ request, isApproved }) => {
    const isOfAgent = request.context.agent_id === context.agent_id;
    return isApproved && isOfAgent && request.target === target;
  });
  let reason = 'no rule of the policy asks about it';
  for (const members of [
    [...denied, ...like, own],
    [...denied, own],
  ]) {
    const { leases, left } = proposeLeases(members, policy, { ...terms, atLeast: 1 });
    const found = leases.find(({ rule, draft }) => {
      const subject = subjectOf(own.request, own.facts);
      return evaluate(compilePolicy(draft), subject, unusedAt(terms.now)).ruleId === rule.rule_id;
    });
    if (found !== undefined) return ok(found);
    reason = left.at(-1)?.reason ?? reason;
  }
  return err(reason);
}
