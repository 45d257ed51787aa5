import type { ActionRules, RuntimeToolContract } from '@ioi/protocol';
import { isDestination } from './parameters.ts';

type Rule = ActionRules['rules'][number];
type Conditions = Rule['conditions'];

/** Origins an act may take its destinations from without asking. */
const TRUSTED = ['named', 'record', 'user'];

/**
 * A policy to start from, from contracts alone. A read is allowed. An act is allowed where the
 * person's task asks for acts of its kind, and whom or what it is for stands in their words or in
 * a record that was read, and in no running text; a person is asked otherwise. A read that names
 * an address or a path must take it from there too. Where several tools share a target, the
 * strictest of them says what goes.
 */
export function draftPolicy(
  policyId: string,
  contracts: readonly RuntimeToolContract[],
): ActionRules {
  const targets = new Map<string, RuntimeToolContract>();
  for (const contract of contracts) {
    const other = targets.get(contract.target);
    if (!other || strictness(contract) > strictness(other)) targets.set(contract.target, contract);
  }
  const rules = [...targets.values()].flatMap(rulesFor);
  return { policy_id: policyId, defaults: 'deny_all', rules };
}

function rulesFor(contract: RuntimeToolContract): Rule[] {
  const { target, tool } = contract;
  const conditions = conditionsFor(contract);
  const allow: Rule = { rule_id: `${tool}_as_asked`, target, conditions, action: 'ALLOW' };
  if (strictness(contract) === 0) return [{ ...allow, rule_id: `${tool}_read` }];
  const ask = { rule_id: `${tool}_ask`, target, conditions: {}, action: 'REQUIRE_APPROVAL' };
  return [allow, ask as Rule];
}

function conditionsFor(contract: RuntimeToolContract): Conditions {
  if (contract.effect !== 'read') return { allow_origins: [...TRUSTED], requested: true };
  return strictness(contract) === 0 ? {} : { allow_origins: [...TRUSTED] };
}

/** A read asks less than one that goes somewhere, and that less than an act. */
function strictness({ effect, parameters }: RuntimeToolContract): number {
  if (effect !== 'read') return 2;
  return parameters.some(isDestination) ? 1 : 0;
}
