import type { JsonObject } from '@ioi/jsonrpc';
import type {
  ActionFacts,
  ActionRequest,
  Reconciliation,
  RuntimeToolContract,
} from '@ioi/protocol';
import { checkPostconditions, type Observation } from './observation.ts';

export type Reconciled = {
  readonly contract: RuntimeToolContract;
  readonly request: ActionRequest;
  /** The arguments of the call; undefined when its contents are not held any more. */
  readonly given: JsonObject | undefined;
  /** The facts sealed with the action: what was there before. */
  readonly facts: ActionFacts;
  readonly now: Observation;
  /** Whether whoever could still carry it out is known to be gone. */
  readonly performerGone: boolean;
};

/**
 * After a crash: did it happen (whitepaper 2.6.7)? Answers only what the sealed facts and the
 * present state prove together; everything else stays unknown.
 */
export function reconcileFrom(reconciled: Reconciled): Reconciliation {
  const { contract, request, given, facts, now, performerGone } = reconciled;
  if (contract.effect === 'read') {
    return { kind: 'not_performed', reason: 'a read leaves no effect behind' };
  }
  if (now.target === undefined) {
    return { kind: 'unknown', reason: 'this tool works on nothing that can be looked at' };
  }
  const about = { contract, request, given, after: now };
  const checked = checkPostconditions({ ...about, hasOutput: false });
  const postconditions = checked.filter(({ name }) => name !== 'output_present');
  const wasAbsent = facts.target_exists === false;
  const holdsNow = postconditions.length > 0 && postconditions.every((each) => each.satisfied);
  // Content is its own proof; existence is one only where nothing was before.
  const isProof = contract.postconditions.includes('content_matches') || wasAbsent;
  const isRepeatable = contract.effect === 'idempotent';
  if (holdsNow && (isProof || isRepeatable)) return { kind: 'performed', postconditions };
  const isUntouched = wasAbsent && now.target.kind === 'absent' && now.source?.kind !== 'absent';
  if (!isUntouched) {
    return { kind: 'unknown', reason: 'what stands there fits neither having acted nor not' };
  }
  if (!performerGone) {
    return { kind: 'unknown', reason: 'nothing has happened yet, but the tool may still be at it' };
  }
  return { kind: 'not_performed', reason: 'what it would have made is not there' };
}
