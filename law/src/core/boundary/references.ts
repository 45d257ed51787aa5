import type { Digest } from '@ioi/canon';
import { isActivatePolicy, isDecideAction, type LogEntry } from '@ioi/protocol';
import type { BoundaryEvent } from './events.ts';
import { BOUNDARY } from './module.ts';

/** Ids and digests by which people look an entry up: requests, receipts, tokens, policies. */
export function referencesOf(entry: LogEntry): string[] {
  return (entry.events as BoundaryEvent[]).flatMap(referencesIn);
}

function referencesIn(event: BoundaryEvent): string[] {
  switch (event.type) {
    case 'receipt.emitted': {
      const { body, receipt_id } = event.receipt;
      const subject = body.request_hash ?? ('raw_hash' in body ? body.raw_hash : undefined);
      return [receipt_id, ...(subject === undefined ? [] : [subject])];
    }
    case 'policy.activated':
      return [event.policy_hash];
    case 'contract.registered':
      return [event.contract_hash];
    case 'approval.consumed':
      return [event.token_hash];
    default:
      return [];
  }
}

/** Payloads that are kept for good, without which nothing can be replayed: policies. */
function policiesOf({ operation, payload }: LogEntry): Digest[] {
  const activates = operation === `${BOUNDARY}/policy.activate` && isActivatePolicy(payload);
  return activates ? [payload.envelope.policy_hash as Digest] : [];
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
