import type { Digest } from '@ioi/canon';
import type {
  CommittedAction,
  EgressAllowlistReceipt,
  FirewallInterception,
  Genesis,
  InclusionResult,
  PiiDecisionReceiptEvent,
  ReceiptOf,
  RuntimeToolContract,
} from '@ioi/protocol';
import type { AuthorityEvent } from '../wallet/authority-events.ts';
import type { BundleHead } from './heads.ts';

/** What boundary operations bring about; together with the operation they stand in the log. */
export type BoundaryEvent =
  | AuthorityEvent
  | { readonly type: 'genesis.created'; readonly genesis: Genesis }
  | {
      readonly type: 'policy.activated';
      readonly policy_id: string;
      readonly policy_hash: Digest;
      readonly version: string;
      /** Absent where it enforces. */
      readonly mode?: 'observe';
      /** Of one that observes for a while. */
      readonly observe_until?: string;
      /** How the policy stands to the one before it; `initial` where there was none. */
      readonly widening: InclusionResult | 'initial';
    }
  | {
      readonly type: 'bundle.accepted';
      readonly key_id: Digest;
      readonly bundle: BundleHead;
    }
  | {
      readonly type: 'contract.registered';
      readonly contract_hash: Digest;
      readonly contract: RuntimeToolContract;
    }
  | {
      readonly type: 'receipt.emitted';
      readonly receipt: ReceiptOf<'policy' | 'tool_execution'>;
      readonly contract_hash?: Digest;
      readonly attempt?: number;
      readonly facts_hash?: Digest;
      readonly expires?: string;
      /** Of a decision on an act of a step of a graph. */
      readonly session_id?: Digest;
    }
  /** A person gave it more time: Chain Time it waits until now, and did when it was asked. */
  | {
      readonly type: 'action.extended';
      readonly request_hash: string;
      readonly expires: string;
      readonly expired_first: string;
    }
  /** What was found in what an action would send, and what was done about it. */
  | { readonly type: 'egress.inspected'; readonly decision: PiiDecisionReceiptEvent }
  | { readonly type: 'firewall.intercepted'; readonly interception: FirewallInterception }
  | { readonly type: 'egress.permitted'; readonly permitted: EgressAllowlistReceipt }
  | { readonly type: 'action.committed'; readonly committed: CommittedAction }
  | {
      readonly type: 'approval.consumed';
      readonly token_hash: Digest;
      readonly request_hash: Digest;
    }
  | {
      readonly type: 'budget.settled';
      readonly budget_id: string;
      readonly request_hash: Digest;
      /** Nothing happened, so the use is given back. Unknown effects stay reserved. */
      readonly released: boolean;
    }
  | { readonly type: 'clock.resynced'; readonly from: string; readonly to: string };

export type EventOf<T extends BoundaryEvent['type']> = Extract<BoundaryEvent, { type: T }>;
