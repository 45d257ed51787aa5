import {
  type CompiledPolicy,
  type DecidedRequest,
  type ExplainedRule,
  smallestChange,
} from '@ioi/law';
import type { RuleTrace, SmallestChange } from '@ioi/protocol';

/** A rule with the first condition that kept it from matching, or its last one when it matched. */
export function traceOf({
  ruleId,
  action,
  target,
  isMatching,
  conditions,
}: ExplainedRule): RuleTrace {
  const unmet = conditions.find((condition) => !condition.isMet);
  const deciding = unmet ?? conditions.at(-1);
  return {
    rule_id: ruleId,
    action,
    target,
    matched: isMatching,
    ...(deciding ? { field: deciding.name, wanted: deciding.wanted, seen: deciding.seen } : {}),
  };
}

/** What would have had to be otherwise for another verdict, where anything of the request would. */
export function changeFor(
  policy: CompiledPolicy,
  decided: DecidedRequest,
): { readonly change?: SmallestChange } {
  const change = smallestChange(policy, decided);
  if (change === undefined) return {};
  const { about, decision } = change;
  const differs = {
    ...differing(decided.request.params, change.params),
    ...differing(decided.facts, change.facts),
    ...differing(decided.request.context, change.context),
  };
  const { verdict, ruleId } = decision;
  return { change: { about, differs, verdict, ...(ruleId ? { rule_id: ruleId } : {}) } };
}

function differing(before: object, after: object): Record<string, unknown> {
  const known = new Map(Object.entries(before));
  const isOther = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(known.get(name)) !== JSON.stringify(value);
  return Object.fromEntries(Object.entries(after).filter(isOther));
}
