import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import type { Module, NamedOperation, Operation } from '@ioi/protocol';
import { acceptBundle } from './accept-bundle.ts';
import { activatePolicy } from './activate-policy.ts';
import { decideAction } from './decide-action.ts';
import type { BoundaryEvent } from './events.ts';
import { evolve, touches } from './evolve.ts';
import { extendAction } from './extend-action.ts';
import { denyAction, genesis, refuseCall, registerContract, resyncClock } from './operations.ts';
import type { PolicyCache } from './policy-cache.ts';
import { recordExecution } from './record-execution.ts';

export const BOUNDARY = 'boundary';
/** Raised with every change of behaviour; old entries replay under the version they name. */
const VERSION = '4';

/**
 * The boundary as a module (design section 4): the operations that carry one action from
 * decision to receipt, and what they need around them.
 */
export function boundaryModule(
  policies: PolicyCache,
  registry: VerifierRegistry,
): Module<BoundaryEvent> {
  const operations: Record<string, NamedOperation<BoundaryEvent>> = {
    genesis: named(genesis),
    'policy.activate': named(activatePolicy(policies, registry)),
    'bundle.accept': named(acceptBundle(policies, registry)),
    'contract.register': named(registerContract),
    'action.decide': named(decideAction(policies, registry)),
    'action.refuse': named(refuseCall),
    'action.deny': named(denyAction),
    'action.extend': named(extendAction),
    'action.receipt': named(recordExecution),
    'clock.resync': named(resyncClock),
  };
  const manifest = { name: BOUNDARY, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: BOUNDARY,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: {
      node: { limit: 1 },
      policy: { limit: 1 },
      organisation: { limit: 1 },
      approvers: { limit: 1 },
      bundle: { limit: 1_000 },
      receipt: { limit: 2 },
      contract: { limit: 100_000 },
      budget: { limit: 100_000 },
      action: { limit: undefined },
      open: { limit: 1_000_000 },
      token: { limit: undefined },
    },
    operations,
    touches,
    evolve,
  };
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: Operation<P, BoundaryEvent>): NamedOperation<BoundaryEvent> {
  return operation as unknown as NamedOperation<BoundaryEvent>;
}
