import type { Digest } from '@ioi/canon';
import type {
  ApprovalRules,
  AutonomousSystemChainEnvelope,
  Commitment,
  FactorEnrolled,
  HypervisorNodeEnvelope,
  InclusionResult,
  IssueSessionLease,
  LevelFactor,
  PrincipalKey,
  ReceiptOf,
  UpgradeTarget,
} from '@ioi/protocol';
import type {
  ChainHead,
  InvocationHead,
  ModuleHead,
  MountedHead,
  ProposalHead,
  SessionHead,
} from './heads.ts';

export type GovernanceReceipt = ReceiptOf<
  'module_invocation' | 'upgrade' | 'mutation' | 'settlement' | 'session'
>;

/** Decisions by name of their event (whitepaper A.3). */
export type Decided = 'approved' | 'rejected' | 'escalated' | 'rolling_back' | 'rolled_back';

/** What governance brings about; together with the operation it stands in the log. */
export type GovernanceEvent =
  | { readonly type: 'node.announced'; readonly envelope: HypervisorNodeEnvelope }
  | { readonly type: 'chain.created'; readonly chain: ChainHead }
  | {
      readonly type: 'chain.advanced';
      readonly transition_ref: string;
      readonly envelope: AutonomousSystemChainEnvelope;
    }
  | {
      readonly type: 'organisation.pinned';
      readonly organisation_id: string;
      readonly key_id: Digest;
      readonly public_key: PrincipalKey;
      readonly sequence: string;
    }
  | {
      readonly type: 'organisation.unpinned';
      readonly key_id: Digest;
      readonly sequence: string;
    }
  | {
      readonly type: 'factor.enrolled';
      readonly factor: FactorEnrolled;
      readonly sequence: string;
    }
  | {
      readonly type: 'level.enrolled';
      readonly factor: LevelFactor;
      readonly sequence: string;
    }
  | { readonly type: 'factor.revoked'; readonly factor_id: string; readonly sequence: string }
  | {
      readonly type: 'approval.rules_set';
      readonly rules: ApprovalRules;
      readonly sequence: string;
    }
  | { readonly type: 'module.registered'; readonly module: ModuleHead }
  | { readonly type: 'module.mounted'; readonly mounted: MountedHead }
  | { readonly type: 'module.swapped'; readonly module: ModuleHead }
  | {
      readonly type: 'target.changed';
      readonly chain_id: string;
      readonly target: UpgradeTarget;
      readonly hash: Digest;
      readonly sequence: string;
    }
  | {
      readonly type: 'module.invocation_started';
      readonly invocation_id: Digest;
      readonly invocation_ref: string;
      readonly started: InvocationHead;
    }
  | {
      readonly type: 'module.invocation_completed' | 'module.invocation_failed';
      readonly invocation_id: Digest;
    }
  | {
      readonly type: 'upgrade.proposal_submitted';
      readonly proposal_id: Digest;
      readonly proposal_ref: string;
      readonly submitted: ProposalHead;
    }
  | {
      readonly type: 'upgrade.proposal_simulated';
      readonly proposal_id: Digest;
      readonly result_hash: Digest;
      readonly passed: boolean;
    }
  | {
      readonly type: 'upgrade.proposal_decided';
      readonly proposal_id: Digest;
      readonly state: Decided;
      readonly inclusion_result: InclusionResult;
      readonly token_hash?: Digest;
    }
  | {
      readonly type: 'upgrade.proposal_committed' | 'upgrade.proposal_rolled_back';
      readonly proposal_id: Digest;
    }
  | {
      readonly type: 'local_settlement.committed';
      readonly settlement_id: Digest;
      readonly chains: readonly string[];
    }
  | {
      readonly type: 'session.opened';
      readonly session_id: Digest;
      readonly opened: SessionHead;
    }
  | {
      readonly type: 'session.stepped';
      readonly session_id: Digest;
      /** Leaf hash that the step adds to the accumulator of the session. */
      readonly leaf: Digest;
    }
  | { readonly type: 'session.closed'; readonly commitment: Commitment }
  | {
      readonly type: 'session_lease.issued';
      readonly session: IssueSessionLease['session'];
    }
  | {
      readonly type: 'session_lease.revoked';
      readonly session_id: Digest;
      readonly expires_at: string;
      readonly sequence: string;
    }
  | {
      readonly type: 'approval.consumed';
      readonly token_hash: Digest;
      readonly request_hash: Digest;
    }
  | { readonly type: 'receipt.emitted'; readonly receipt: GovernanceReceipt };

export type GovernanceEventOf<T extends GovernanceEvent['type']> = Extract<
  GovernanceEvent,
  { type: T }
>;
