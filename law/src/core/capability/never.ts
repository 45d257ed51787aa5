import type { RuntimeToolContract } from '@ioi/protocol';
import { type CompiledPolicy, type Layers, policiesIn } from '../policy/index.ts';
import { outsideEnvelope } from './envelope.ts';

type Tool = Pick<RuntimeToolContract, 'target' | 'primitive_capabilities' | 'authority_scopes'>;

/**
 * Whether no call of a tool can go ahead under these layers, whatever its arguments, the time and
 * the budgets: such a tool need not be offered. Says false where it is not sure.
 */
export function neverPasses(layers: Layers, tool: Tool): boolean {
  if (outsideEnvelope(layers, tool) !== undefined) return true;
  return policiesIn(layers).some((policy) => blocksAll(policy, tool.target));
}

function blocksAll(policy: CompiledPolicy, target: string): boolean {
  const rules = policy.applicable(target).groups.flatMap((group) => group.rules);
  const isBlocked = rules.some(
    ({ rule, checks, budgets }) =>
      rule.action === 'BLOCK' && checks.length === 0 && budgets === undefined,
  );
  if (isBlocked) return true;
  const isObserved = policy.rules.mode === 'observe';
  return !isObserved && rules.every(({ rule }) => rule.action === 'BLOCK');
}
