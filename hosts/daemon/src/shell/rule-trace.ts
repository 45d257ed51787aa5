import type { ExplainedRule } from '@ioi/law';
import type { RuleTrace } from '@ioi/protocol';

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
