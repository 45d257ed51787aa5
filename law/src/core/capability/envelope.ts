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

/** Of what a tool takes, what the envelope that decided does not hold: the owner's goes first. */
export function missingIn({ local, ceiling }: Layers, contract: Needs): readonly string[] {
  const own = local === undefined ? [] : lackedBy(local.rules, contract);
  if (own.length > 0 || ceiling === undefined) return own;
  return lackedBy(ceiling.policy.rules, contract);
}

function isHeld(rules: ActionRules, contract: Needs): boolean {
  return lackedBy(rules, contract).length === 0;
}

function lackedBy(
  { envelope }: ActionRules,
  { primitive_capabilities, authority_scopes }: Needs,
): readonly string[] {
  if (envelope === undefined) return [];
  return [...primitive_capabilities, ...authority_scopes].filter(
    (each) => !envelope.includes(each),
  );
}

/** Whether `inner` holds nothing that `outer` does not. */
export function isEnvelopeWithin(
  outer: ActionRules['envelope'],
  inner: ActionRules['envelope'],
): boolean {
  return outer === undefined || (inner?.every((each) => outer.includes(each)) ?? false);
}
