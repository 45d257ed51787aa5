import { BOUNDARY, type BoundaryEvent, WALLET } from '@ioi/law';
import type { DecideAction, LogEntry, ReceiptOf, ToolExecutionReceipt } from '@ioi/protocol';
import type { Decided } from './action.ts';

/** The receipt that an entry about an action emitted, when it emitted one. */
export function receiptIn(entry: LogEntry): ReceiptOf<'policy' | 'tool_execution'> | undefined {
  const isAct = [BOUNDARY, WALLET].some((name) => entry.operation.startsWith(`${name}/`));
  if (!isAct) return undefined;
  const events = entry.events as BoundaryEvent[];
  return events.find((event) => event.type === 'receipt.emitted')?.receipt;
}

/** What a sealed `action.decide`, `action.deny` or `grant.deny` entry says. */
export function decidedIn(entry: LogEntry): Decided | undefined {
  const receipt = receiptIn(entry);
  if (!receipt || 'outcome' in receipt.body) return undefined;
  const { verdict, code, rule_id, deciding_field } = receipt.body;
  const events = entry.events as BoundaryEvent[];
  return {
    verdict: verdict.kind,
    code,
    ...(rule_id === undefined ? {} : { ruleId: rule_id }),
    ...(deciding_field === undefined ? {} : { field: deciding_field }),
    receiptId: receipt.receipt_id,
    committed: events.some((event) => event.type === 'action.committed'),
  };
}

/** What a sealed `action.receipt` entry says. */
export function executionIn(
  entry: LogEntry,
): { receiptId: string; receipt: ToolExecutionReceipt } | undefined {
  const receipt = receiptIn(entry);
  if (!receipt || !('outcome' in receipt.body)) return undefined;
  return { receiptId: receipt.receipt_id, receipt: receipt.body };
}

/** The decided payload of an entry; undefined for other operations. */
export function decisionPayload(entry: LogEntry): DecideAction | undefined {
  return entry.operation === 'boundary/action.decide' ? (entry.payload as DecideAction) : undefined;
}
