import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { Voucher } from '@ioi/guardian/shell';
import { commitSummaryOf, nodeDomainOf } from '@ioi/law';
import { readEntry, richLog } from '@ioi/law/testing';
import { inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import type { EntryProof, ReceiptEnvelope, VouchedReceipt } from '@ioi/protocol';

/** A receipt in a log of many commits, signed by the guardian's own code. */
export async function vouchedSample(): Promise<VouchedReceipt> {
  const { voucher, log, shown, receiptId, genesis } = await shownSample();
  const vouched = await voucher.vouch(log, { shown, receiptId });
  if (!vouched.ok) throw new Error(vouched.error.message);
  const proof: EntryProof = { domain_id: log.domain_id, genesis, ...shown };
  return { proof, receipt_id: receiptId, ...vouched.value };
}

/** A guardian, and what it is shown of a receipt. */
export async function shownSample() {
  const { node } = richLog();
  const { texts, genesis, guardian } = node;
  const entries = texts.map((text) => readEntry(text).entry);
  const seq = entries.findIndex(({ events }) => executionIn(events) !== undefined);
  const closing = entries.findIndex((entry, at) => at > seq && commitSummaryOf(entry));
  const nodes = nodesFromLeaves((at) => leafHash(encodeUtf8(texts[at] ?? '')));
  const included = (at: number) => ({
    seq: String(at),
    text: texts[at] ?? '',
    path: inclusionProof(nodes, at, texts.length).map(encodeBase64),
  });
  const shown = {
    note: await node.note(),
    entry: included(seq),
    commit: included(closing),
    next: included(closing + 1),
  };
  const receiptId = executionIn(entries[seq]?.events ?? [])?.receipt_id ?? '';
  const domainId = nodeDomainOf(genesis.node_id);
  const { node_id, origin } = genesis;
  const seal = { size: String(texts.length), root: '', note: shown.note };
  const log = { node_id, domain_id: domainId, origin, seal };
  return { voucher: new Voucher(guardian), log, shown, receiptId, genesis: included(0) };
}

function executionIn(
  events: readonly Readonly<Record<string, unknown>>[],
): ReceiptEnvelope | undefined {
  return events
    .map((event) => event['receipt'] as ReceiptEnvelope | undefined)
    .find((receipt) => receipt?.receipt_type === 'tool_execution');
}
