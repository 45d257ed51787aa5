import {
  type BudgetView,
  type DecidedRequest,
  type ExplainedRule,
  explain,
  type Layers,
  missingIn,
  type Subject,
  smallestChange,
} from '@ioi/law';
import type { Layer, RuleTrace, RuntimeToolContract, SmallestChange } from '@ioi/protocol';

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

/**
 * What would have had to be otherwise for another verdict, where anything of the request would.
 * There is none where no rule decided, but the envelope, what would leave or the age of a bundle:
 * other parameters change none of them.
 */
export function changeFor(
  layers: Layers,
  decided: DecidedRequest & { readonly code: string },
): { readonly change?: SmallestChange } {
  const isByRules = /^(?:policy|approval)\./.test(decided.code) && layers.local !== undefined;
  const change = isByRules ? smallestChange(layers, decided) : undefined;
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

/** Of what the tool takes, what the envelope does not hold, where that decided. */
export function outsideEnvelopes(
  code: string,
  layers: Layers,
  contract: RuntimeToolContract | undefined,
): { readonly outside?: string[] } {
  if (code !== 'capability.outside_envelope' || contract === undefined) return {};
  return { outside: [...missingIn(layers, contract)] };
}

function differing(before: object, after: object): Record<string, unknown> {
  const known = new Map(Object.entries(before));
  const isOther = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(known.get(name)) !== JSON.stringify(value);
  return Object.fromEntries(Object.entries(after).filter(isOther));
}
