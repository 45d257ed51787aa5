import type { Digest } from '@ioi/canon';
import { isAcceptBundle, isActivatePolicy, isDecideAction, type LogEntry } from '@ioi/protocol';
import { BOUNDARY } from './module.ts';

/** Payloads that are kept for good, without which nothing can be replayed: policies. */
function policiesOf({ operation, payload }: LogEntry): Digest[] {
  const activates = operation === `${BOUNDARY}/policy.activate` && isActivatePolicy(payload);
  if (activates) return [payload.envelope.policy_hash as Digest];
  const accepts = operation === `${BOUNDARY}/bundle.accept` && isAcceptBundle(payload);
  return accepts ? [payload.bundle.policy_hash as Digest] : [];
}

/** Contents a decision was made on: they may be forgotten, where the log says so. */
export function decidedOn({ operation, payload }: LogEntry): Digest[] {
  const decides = operation === `${BOUNDARY}/action.decide` && isDecideAction(payload);
  return decides ? ((payload.evidence ?? []) as Digest[]) : [];
}

/** Payloads without which an entry cannot be replayed: its policy, what it was decided on. */
export function payloadsOf(entry: LogEntry): Digest[] {
  return [...policiesOf(entry), ...decidedOn(entry)];
}
