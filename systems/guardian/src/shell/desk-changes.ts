import {
  type ActionHead,
  BOUNDARY,
  type BoundaryEvent,
  type ContractHead,
  type HeadText,
} from '@ioi/law';
import type { DecideAction, LogEntry, RuntimeToolContract } from '@ioi/protocol';
import type { PendingItem } from '../core/index.ts';

type Contracts = { get<T>(key: { headClass: string; id: string }): T | undefined };

/** What a commit puts on the approver's desk, and what it takes off. */
export function deskChanges(
  entries: readonly LogEntry[],
  changes: readonly HeadText[],
  contracts: Contracts,
): { added: Map<string, string>; ended: string[] } {
  const added = new Map<string, string>();
  for (const entry of entries) {
    const item = pendingItem(entry, changes, contracts);
    if (item) added.set(item.request_hash, JSON.stringify(item));
  }
  const ended = changes
    .filter((change) => change.headClass === 'action')
    .filter((change) => parsed<ActionHead>(change)?.state !== 'pending')
    .map((change) => change.id);
  for (const requestHash of ended) added.delete(requestHash);
  return { added, ended };
}

function pendingItem(
  entry: LogEntry,
  changes: readonly HeadText[],
  contracts: Contracts,
): PendingItem | undefined {
  if (entry.operation !== `${BOUNDARY}/action.decide`) return undefined;
  const payload = entry.payload as DecideAction;
  const emitted = (entry.events as BoundaryEvent[]).find((each) => each.type === 'receipt.emitted');
  const body = emitted?.receipt.body;
  if (!body || 'outcome' in body || body.verdict.kind !== 'PendingApproval') return undefined;
  const contract = contractOf(payload.contract_hash, changes, contracts);
  if (!contract || body.request_hash === undefined || emitted.expires === undefined)
    return undefined;
  return {
    request_hash: body.request_hash,
    request: payload.request,
    facts: payload.facts,
    contract,
    receipt: body,
    expires: emitted.expires,
    chain_time: entry.chain_time,
  };
}

/** A contract may be registered in the very commit that first uses it. */
function contractOf(
  hash: string,
  changes: readonly HeadText[],
  contracts: Contracts,
): RuntimeToolContract | undefined {
  const key = { headClass: 'contract', id: hash };
  const fresh = changes.find((each) => each.headClass === 'contract' && each.id === hash);
  const head = fresh ? parsed<ContractHead>(fresh) : contracts.get<ContractHead>(key);
  return head?.contract;
}

function parsed<T>({ value }: HeadText): T | undefined {
  return value === undefined ? undefined : (JSON.parse(value) as T);
}
