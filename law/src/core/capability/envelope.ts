import type { ActionRules, RuntimeToolContract } from '@ioi/protocol';
import type { LayeredDecision, Layers } from '../policy/index.ts';

type Needs = Pick<RuntimeToolContract, 'primitive_capabilities' | 'authority_scopes'>;

/**
 * The answer to an act whose tool takes more than a layer's envelope holds (whitepaper 2.6.6): no
 * rule is asked. Undefined where every envelope holds all of it; a policy without one holds
 * anything.
 */
export function outsideEnvelope(
  { local, ceiling }: Layers,
  contract: Needs,
): LayeredDecision | undefined {
  const blocked = {
    verdict: 'BLOCK',
    code: 'capability.outside_envelope',
    field: 'envelope',
  } as const;
  if (local && !isHeld(local.rules, contract)) return { ...blocked, reservations: [] };
  if (ceiling === undefined || isHeld(ceiling.policy.rules, contract)) return undefined;
  return { ...blocked, layer: 'organisation', reservations: [] };
}

function isHeld({ envelope }: ActionRules, { primitive_capabilities, authority_scopes }: Needs) {
  const isIn = (each: string): boolean => envelope?.includes(each) ?? true;
  return [...primitive_capabilities, ...authority_scopes].every(isIn);
}

/** Whether `inner` holds nothing that `outer` does not. */
export function isEnvelopeWithin(
  outer: ActionRules['envelope'],
  inner: ActionRules['envelope'],
): boolean {
  return outer === undefined || (inner?.every((each) => outer.includes(each)) ?? false);
}
