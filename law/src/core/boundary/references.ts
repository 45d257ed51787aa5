import type { LogEntry } from '@ioi/protocol';
import type { BoundaryEvent } from './events.ts';

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
