import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type {
  IsolationTier,
  ReceiptBodies,
  ReceiptEnvelope,
  ReceiptOf,
  ReceiptType,
  RuntimeToolContract,
  Stamp,
  View,
} from '@ioi/protocol';
import type { LayeredDecision } from '../policy/index.ts';
import { keys, type NodeHead, type ReceiptHead } from './heads.ts';

/** Predecessor of the first receipt. */
export const NO_RECEIPT: Digest = `sha256:${'0'.repeat(64)}`;

type Unchained<B> = B extends unknown ? Omit<B, 'seq' | 'prev_receipt_hash'> : never;

type ReceiptDraft<T extends ReceiptType> = {
  readonly type: T;
  readonly actorId: string;
  /** Absent where nothing was decided or performed on this host. */
  readonly tier?: string;
  readonly contract?: RuntimeToolContract;
  /** The grant it is under. */
  readonly grantId?: string;
  readonly inputHash?: string;
  readonly outputHash?: string;
  readonly body: Unchained<ReceiptBodies[T]>;
};

/** Links a receipt into the chain and wraps it in its envelope (whitepaper A.2, B.4). */
export function chainReceipt<T extends ReceiptType>(
  draft: ReceiptDraft<T>,
  view: View,
  at: Stamp,
): ReceiptOf<T> {
  const node = view.get<NodeHead>(keys.node);
  assert(node !== undefined, 'receipts need a genesis');
  const body = {
    ...draft.body,
    seq: String(at.seq),
    prev_receipt_hash: view.get<ReceiptHead>(keys.lastReceipt)?.hash ?? NO_RECEIPT,
  } as ReceiptEnvelope['body'];
  const policyHash = 'policy_hash' in body ? body.policy_hash : undefined;
  const inputHash = 'request_hash' in body ? body.request_hash : draft.inputHash;
  const receipt = {
    receipt_id: `receipt_${receiptHash(body).slice(7, 39)}`,
    receipt_type: draft.type,
    actor_id: draft.actorId,
    ...(inputHash === undefined ? {} : { input_hash: inputHash }),
    ...(draft.outputHash === undefined ? {} : { output_hash: draft.outputHash }),
    ...(policyHash === undefined ? {} : { policy_hash: policyHash }),
    ...(draft.grantId === undefined ? {} : { authority_grant_id: draft.grantId }),
    primitive_capabilities: [...(draft.contract?.primitive_capabilities ?? [])],
    authority_scopes: [...(draft.contract?.authority_scopes ?? [])],
    artifact_refs: [],
    timestamp: String(at.chainTime),
    ...(draft.tier === undefined ? {} : { isolation_tier: draft.tier as IsolationTier }),
    demo: node.demo,
    body,
  };
  return receipt as ReceiptOf<ReceiptType> as ReceiptOf<T>;
}

export function receiptHash(body: ReceiptEnvelope['body']): Digest {
  const hash = digestOf(body);
  assert(hash.ok, 'a receipt has a canonical form');
  return hash.value;
}

/** What would have come of it, where the policy only observes. */
export function observedOf({ verdict, code }: NonNullable<LayeredDecision['observed']>) {
  return { verdict: verdict === 'BLOCK' ? ('Block' as const) : ('PendingApproval' as const), code };
}
