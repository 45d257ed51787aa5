import type { Digest } from '@ioi/canon';
import type {
  Genesis,
  HeadKey,
  PolicyBundle,
  PrincipalKey,
  Reservation,
  RuntimeToolContract,
  ToolExecutionReceipt,
} from '@ioi/protocol';
import type { AuthorityUse } from '../wallet/authority-events.ts';

/** Objects of the boundary module, by class. Values are plain JSON: they stand in the tree. */
export type NodeHead = Genesis & {
  readonly revocation_epoch: string;
  /** Entries of the backup the log was restored from last: what it lost stood behind them. */
  readonly restored_size?: string;
  /** Highest number of a grant by which a node that stood by took over. */
  readonly succession?: string;
};

export type PolicyHead = {
  readonly policy_id: string;
  readonly policy_hash: Digest;
  readonly version: string;
  /** Absent where it enforces. */
  readonly mode?: 'observe';
  /** Of one that observes for a while: from this Chain Time on it enforces. */
  readonly observe_until?: string;
};

/** Which organisation bounds the node. `sequence` counts pins and unpins, so none is said again. */
export type OrganisationHead = {
  readonly sequence: string;
  readonly pinned?: {
    readonly organisation_id: string;
    readonly key_id: Digest;
    readonly public_key: PrincipalKey;
  };
};

/** The newest bundle of an organisation; it stays when the organisation is no longer pinned. */
export type BundleHead = Omit<PolicyBundle, 'signature' | 'key_id' | 'policy_hash'> & {
  /** Of its rules. */
  readonly policy_hash: Digest;
  /** Of all that was signed. */
  readonly bundle_hash: Digest;
  /** Chain Time. */
  readonly accepted: string;
};

export type ContractHead = { readonly contract: RuntimeToolContract };

export type ActionState = 'pending' | 'blocked' | 'committed' | 'denied' | Outcome;
type Outcome = ToolExecutionReceipt['outcome'];

/** States in which something may still happen to an action. */
export const OPEN_STATES: readonly ActionState[] = ['pending', 'committed', 'effect_unknown'];

export type OpenHead = { readonly state: ActionState };

export type ActionHead = {
  readonly state: ActionState;
  readonly agent_id: string;
  readonly contract_hash: Digest;
  readonly policy_hash?: Digest;
  readonly attempt: number;
  readonly isolation_tier: string;
  /** Digest of the facts the decision that stands was made on. */
  readonly facts_hash: Digest;
  /** Log position of the decision that stands. */
  readonly decided_seq: string;
  /** Digest of the decision receipt that stands. */
  readonly decision_hash: Digest;
  /** Chain Time after which a pending request ends. */
  readonly expires?: string;
  /** The same as it was when it was asked, where a person gave it more time since. */
  readonly expired_first?: string;
  /** What was asked for, where it waits for a grant. */
  readonly authority_request_id?: string;
  readonly committed_hash?: Digest;
  /** What it took of the grant it was done under. */
  readonly authority?: AuthorityUse;
  readonly reservations?: readonly Reservation[];
  /** Digest of the execution receipt. */
  readonly execution_hash?: Digest;
  /** Of an act of a step of a graph. */
  readonly session_id?: Digest;
  /** Of such an act that nobody let through: whether a person said so, or nobody did. */
  readonly denied?: string;
};

/** Calls and spend reserved against one budget, oldest first. */
export type BudgetHead = {
  readonly uses: readonly {
    readonly at: string;
    readonly request_hash: Digest;
    readonly calls: number;
    readonly spend: string;
    readonly settled: boolean;
  }[];
};

export type ReceiptHead = { readonly hash: Digest };

export const keys = {
  node: { headClass: 'node', id: 'self' },
  policy: { headClass: 'policy', id: 'active' },
  organisation: { headClass: 'organisation', id: 'self' },
  approvers: { headClass: 'approvers', id: 'self' },
  bundle: (keyId: string, organisationId: string): HeadKey => {
    return { headClass: 'bundle', id: `${keyId} ${organisationId}` };
  },
  lastReceipt: { headClass: 'receipt', id: 'last' },
  /** Digest of the last decision as a step, which the next one is chained to. */
  lastStep: { headClass: 'receipt', id: 'step' },
  contract: (hash: string): HeadKey => ({ headClass: 'contract', id: hash }),
  action: (requestHash: string): HeadKey => ({ headClass: 'action', id: requestHash }),
  token: (tokenHash: string): HeadKey => ({ headClass: 'token', id: tokenHash }),
  /** Actions that are not over: their complete listing is one subtree. */
  open: (requestHash: string): HeadKey => ({ headClass: 'open', id: requestHash }),
  budget: (budgetId: string): HeadKey => ({ headClass: 'budget', id: budgetId }),
} as const;
