import { type BudgetView, type ExplainedRule, explain, type Layers, type Subject } from '@ioi/law';
import type { Layer, RuleTrace } from '@ioi/protocol';

/** A rule with the first condition that kept it from matching, or its last one when it matched. */
function traceOf({ ruleId, action, target, isMatching, conditions }: ExplainedRule): RuleTrace {
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

/** Rules of the target in every layer, those of the layer that decided first. */
export function tracesUnder(
  { local, ceiling }: Layers,
  { subject, budgets }: { readonly subject: Subject; readonly budgets: BudgetView },
  deciding?: Layer,
): RuleTrace[] {
  const inner = local ? explain(local, subject, budgets).rules.map(traceOf) : [];
  if (ceiling === undefined) return inner;
  const own = inner.map((rule): RuleTrace => ({ ...rule, layer: 'local' }));
  const outer = explain(ceiling.policy, subject, budgets).rules.map((rule): RuleTrace => {
    return { ...traceOf(rule), layer: 'organisation' };
  });
  return deciding === 'organisation' ? [...outer, ...own] : [...own, ...outer];
}
