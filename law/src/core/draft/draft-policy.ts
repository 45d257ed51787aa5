import type { ActionRules, RuntimeToolContract } from '@ioi/protocol';

type Rule = ActionRules['rules'][number];
type Conditions = Rule['conditions'];

/** Origins an act may take its destinations from without asking. */
const TRUSTED = ['named', 'record', 'user'];

/**
 * A policy to start from, from contracts alone. A read is allowed. An act is allowed where the
 * person's task asks for acts of its kind, and whom or what it is for stands in their words or in
 * a record that was read, and in no running text; a person is asked otherwise. A read that names
 * an address goes out, so its address must be trusted too.
 */
export function draftPolicy(
  policyId: string,
  contracts: readonly RuntimeToolContract[],
): ActionRules {
  const rules = contracts.flatMap(rulesFor);
  return { policy_id: policyId, defaults: 'deny_all', rules };
}

function rulesFor(contract: RuntimeToolContract): Rule[] {
  const { target, tool } = contract;
  const conditions = conditionsFor(contract);
  const allow: Rule = { rule_id: `${tool}_as_asked`, target, conditions, action: 'ALLOW' };
  if (Object.keys(conditions).length === 0) return [{ ...allow, rule_id: `${tool}_read` }];
  const ask = { rule_id: `${tool}_ask`, target, conditions: {}, action: 'REQUIRE_APPROVAL' };
  return [allow, ask as Rule];
}

function conditionsFor({ effect, parameters }: RuntimeToolContract): Conditions {
  const hasDestination = parameters.some((each) => each.is_destination === true);
  if (effect === 'read') return hasDestination ? { allow_origins: [...TRUSTED] } : {};
  return { allow_origins: [...TRUSTED], requested: true };
}
