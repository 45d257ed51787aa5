import type { Digest } from '@ioi/canon';
import type {
  AutonomousSystemChainEnvelope,
  HeadKey,
  HybridPublicKey,
  HypervisorNodeEnvelope,
  InclusionResult,
  InvokeModule,
  OpenSession,
  ServiceModuleManifestEnvelope,
  SubmitProposal,
  UpgradeTarget,
} from '@ioi/protocol';
import type { AccumulatorHead } from './accumulator.ts';
import { lineageOf } from './names.ts';

/** Objects of the governance module, by class. Values are plain JSON: they stand in the tree. */
export type AnnouncedHead = { readonly envelope: HypervisorNodeEnvelope };

export type ChainHead = {
  readonly envelope: AutonomousSystemChainEnvelope;
  readonly envelope_hash: Digest;
  readonly manifest_hash: Digest;
  readonly controller_key: HybridPublicKey;
  /** Rises with every change of the policy of the chain. */
  readonly policy_sequence: string;
};

/** Every chain of the node, in the order they were created. */
export type ChainIndexHead = { readonly chains: readonly string[] };

/** A module the owner signed for. */
export type ModuleHead = {
  readonly manifest: ServiceModuleManifestEnvelope;
  readonly manifest_hash: Digest;
  /** Rises with every change of the module. */
  readonly sequence: string;
  readonly policy_hash?: Digest;
  readonly chain_id?: Digest;
};

/** A module the daemon says it mounted; nobody signed for it and nothing follows from it. */
export type MountedHead = {
  readonly manifest: ServiceModuleManifestEnvelope;
  readonly manifest_hash: Digest;
  readonly contract_hashes: readonly string[];
};

export type InvocationHead = {
  readonly state: 'started' | 'completed' | 'failed';
  readonly author: string;
  readonly invocation: InvokeModule;
};

export type ProposalState =
  | 'submitted'
  | 'simulated'
  | 'failed'
  | 'escalated'
  | 'approved'
  | 'rejected'
  | 'committed'
  | 'rolling_back'
  | 'rolled_back';

export type ProposalHead = {
  readonly state: ProposalState;
  readonly proposal: SubmitProposal;
  /** Version of the target that the proposal is about. */
  readonly target_sequence: string;
  /** What a roll-back of a module goes back to. */
  readonly old_manifest?: ServiceModuleManifestEnvelope;
  readonly result_hash?: Digest;
  /** Of the decision that stands. */
  readonly inclusion_result?: InclusionResult;
  readonly token_hash?: Digest;
};

/** Current version of a target that is no module and no policy. */
export type TargetHead = { readonly hash: Digest; readonly sequence: string };

export type SettlementHead = { readonly chains: readonly string[] };

export type SessionHead = {
  readonly state: 'open' | 'closed';
  readonly author: string;
  readonly session: OpenSession;
  readonly steps: string;
  readonly accumulator?: AccumulatorHead;
};

/** A portable session that was issued; the session itself stands in no head. */
export type LeaseHead = { readonly subject_id: string; readonly expires_at: string };

/** Revoked sessions, those that are over left out when the next one is revoked. */
export type RevokedLeasesHead = {
  readonly sequence: string;
  readonly revoked: readonly { readonly session_id: Digest; readonly expires_at: string }[];
};

export const governanceKeys = {
  announced: { headClass: 'node_envelope', id: 'self' },
  chains: { headClass: 'chain_index', id: 'self' },
  /** Root over every governance receipt of the node. */
  nodeReceipts: { headClass: 'receipt_root', id: 'node' },
  chainReceipts: (chainId: string): HeadKey => ({ headClass: 'receipt_root', id: chainId }),
  chain: (chainId: string): HeadKey => ({ headClass: 'chain', id: chainId }),
  module: (moduleId: string): HeadKey => ({ headClass: 'module', id: lineageOf(moduleId) }),
  mounted: (moduleId: string): HeadKey => ({ headClass: 'mounted', id: lineageOf(moduleId) }),
  invocation: (id: string): HeadKey => ({ headClass: 'invocation', id }),
  proposal: (id: string): HeadKey => ({ headClass: 'proposal', id }),
  target: (chainId: string, { kind, ref }: UpgradeTarget): HeadKey => ({
    headClass: 'target',
    id: `${chainId} ${kind} ${ref}`,
  }),
  settlement: (id: string): HeadKey => ({ headClass: 'settlement', id }),
  session: (id: string): HeadKey => ({ headClass: 'session', id }),
  lease: (id: string): HeadKey => ({ headClass: 'session_lease', id }),
  revokedLeases: { headClass: 'revoked_leases', id: 'self' },
} as const;
