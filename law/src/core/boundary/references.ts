import type { Digest } from '@ioi/canon';
import { isActivatePolicy, type LogEntry } from '@ioi/protocol';
import { BOUNDARY } from './module.ts';

/** Payloads without which an entry cannot be replayed: the policy it activates. */
export function payloadsOf({ operation, payload }: LogEntry): Digest[] {
  const activates = operation === `${BOUNDARY}/policy.activate` && isActivatePolicy(payload);
  return activates ? [payload.envelope.policy_hash as Digest] : [];
}
