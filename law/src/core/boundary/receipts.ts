import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type {
  FirewallDecisionReceipt,
  ReceiptEnvelope,
  RuntimeToolContract,
  Stamp,
  ToolExecutionReceipt,
  View,
} from '@ioi/protocol';
import { keys, type NodeHead, type ReceiptHead } from './heads.ts';

/** Predecessor of the first receipt. */
export const NO_RECEIPT: Digest = `sha256:${'0'.repeat(64)}`;

type Unchained<B> = Omit<B, 'seq' | 'prev_receipt_hash'>;
type ReceiptDraft = {
  readonly actorId: string;
  readonly tier: string;
  readonly contract?: RuntimeToolContract;
  readonly outputHash?: string;
} & (
  | { readonly type: 'policy'; readonly body: Unchained<FirewallDecisionReceipt> }
  | { readonly type: 'tool_execution'; readonly body: Unchained<ToolExecutionReceipt> }
);

/** Links a receipt into the chain and wraps it in its envelope (whitepaper A.2, B.4). */
export function chainReceipt(draft: ReceiptDraft, view: View, at: Stamp): ReceiptEnvelope {
  const node = view.get<NodeHead>(keys.node);
  assert(node !== undefined, 'receipts need a genesis');
  const body = {
    ...draft.body,
    seq: String(at.seq),
    prev_receipt_hash: view.get<ReceiptHead>(keys.lastReceipt)?.hash ?? NO_RECEIPT,
  } as ReceiptEnvelope['body'];
  const policyHash = 'policy_hash' in body ? body.policy_hash : undefined;
  return {
    receipt_id: `receipt_${receiptHash(body).slice(7, 39)}`,
    receipt_type: draft.type,
    actor_id: draft.actorId,
    ...(body.request_hash === undefined ? {} : { input_hash: body.request_hash }),
    ...(draft.outputHash === undefined ? {} : { output_hash: draft.outputHash }),
    ...(policyHash === undefined ? {} : { policy_hash: policyHash }),
    primitive_capabilities: [...(draft.contract?.primitive_capabilities ?? [])],
    authority_scopes: [...(draft.contract?.authority_scopes ?? [])],
    artifact_refs: [],
    timestamp: String(at.chainTime),
    isolation_tier: draft.tier as ReceiptEnvelope['isolation_tier'],
    demo: node.demo,
    body,
  };
}

export function receiptHash(body: ReceiptEnvelope['body']): Digest {
  const hash = digestOf(body);
  assert(hash.ok, 'a receipt has a canonical form');
  return hash.value;
}
