import type { StoreBytes } from './domain-api.ts';
import type { ServerStatus } from './mcp-api.ts';
import type { Layer, OrganisationStatus } from './policy-api.ts';
import type {
  ActionFacts,
  ActionRequest,
  ArtifactClass,
  DecideAction,
  FaultProof,
  KeptArtifact,
  LogEntry,
  ProjectionCheckpoint,
  RuntimeToolContract,
  StateRootProof,
} from './types.ts';

/**
 * What a node answers over its local sockets. HTTP with JSON bodies; errors are RFC 9457 problem
 * details with our dotted `code`.
 */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
};

/** A witness of node.json, and how it was last reached. */
export type WitnessStatus = {
  readonly name: string;
  readonly required: boolean;
  readonly state: 'cosigned' | 'not_cosigned' | 'not_asked';
  /** Entries it cosigned last; 0 for none since the start. */
  readonly size: number;
  /** RFC 3339, by its own clock. */
  readonly seen?: string;
  /** Why not, such as `witness.unreachable`. */
  readonly code?: string;
  readonly detail?: string;
};

/** `GET /v1/status` on daemon.sock. */
export type NodeStatus = {
  readonly node_id: string;
  readonly demo: boolean;
  readonly version: string;
  readonly isolation_tier: string;
  readonly log: {
    readonly size: number;
    readonly note: string;
    readonly cosigned: boolean;
    /** C2SP verifier key of its checkpoints (the Ed25519 line). */
    readonly key: string;
    /** The newest checkpoint with the lines of witnesses. */
    readonly witnessed?: { readonly size: number; readonly note: string };
  };
  readonly witnesses: readonly WitnessStatus[];
  readonly policy?: {
    readonly policy_id: string;
    readonly policy_hash: string;
    readonly version: string;
    /** Absent where it enforces. */
    readonly mode?: 'observe';
    /** Chain Time: from then on it enforces by itself. */
    readonly observe_until?: string;
  };
  readonly organisation?: OrganisationStatus;
  readonly servers: readonly ServerStatus[];
  readonly sessions: number;
  /** Why a person should make room on the disk; absent while there is enough. */
  readonly disk_warning?: string;
  /** Actions over which something may still happen, by state. */
  readonly open: { readonly pending: number; readonly committed: number; readonly unknown: number };
};

/** `GET /v1/log?before=SEQ&limit=N` newest first, `?after=SEQ` oldest first; sealed only. */
export type LogPage = { readonly size: number; readonly entries: readonly LogEntry[] };

/** `GET /v1/show/ID`: the hash or id of a request, receipt, operation or policy, or a seq. */
export type Shown = {
  readonly id: string;
  readonly entries: readonly LogEntry[];
  /** State of the action the id belongs to, when it is one. */
  readonly action?: { readonly request_hash: string; readonly state: string };
  readonly contract?: RuntimeToolContract;
};

export type RuleTrace = {
  readonly rule_id: string;
  readonly action: string;
  readonly target: string;
  readonly matched: boolean;
  /** Whose rule it is, where there are two layers. */
  readonly layer?: Layer;
  /** Condition that decided, with what it wanted and what it saw. */
  readonly field?: string;
  readonly wanted?: unknown;
  readonly seen?: unknown;
};

/** `GET /v1/why/ID`. (`GET /v1/events` streams RuntimeEventEnvelopes, resumable by their id.) */
export type Explanation = {
  readonly request_hash: string;
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly code: string;
  readonly class: string;
  readonly verdict: string;
  /** Under a policy that observes: what enforcing it would have answered. */
  readonly observed?: { readonly verdict: string; readonly code: string };
  readonly rule_id?: string;
  readonly field?: string;
  readonly policy_hash?: string;
  /** The layer that decided, where there were two. */
  readonly layer?: Layer;
  readonly ceiling_hash?: string;
  /** What was found in what it would send, where that was inspected. */
  readonly inspection?: NonNullable<DecideAction['inspection']>;
  readonly receipt_id: string;
  /** Rules of the target under the policies that decided, those of the deciding layer first. */
  readonly rules: readonly RuleTrace[];
  /** The least that would alter the verdict; absent where nothing of the request would. */
  readonly change?: SmallestChange;
};

/** Parameters and facts that would have to be otherwise, as they would have to be. */
export type SmallestChange = {
  /** `host`, `paths`, `text`…: what has to be otherwise. */
  readonly about: readonly string[];
  readonly differs: Readonly<Record<string, unknown>>;
  readonly verdict: string;
  readonly rule_id?: string;
};

/** `GET /v1/inbox` on daemon.sock: what waits, as the daemon knows it. */
export type InboxPage = {
  readonly pending: readonly {
    readonly request_hash: string;
    readonly request: ActionRequest;
    readonly facts: ActionFacts;
    readonly rule_id?: string;
    readonly field?: string;
    readonly expires: string;
    readonly decided: boolean;
  }[];
};

/** An entry's exact text with its path to the log root, base64 hashes, leaf first. */
export type IncludedEntry = {
  readonly seq: string;
  readonly text: string;
  readonly path: string[];
};

/** `GET /v1/consistency/SIZE`: that the log continues what it was at that size. */
export type ConsistencyProof = {
  readonly note: string;
  readonly genesis: IncludedEntry;
  /** Changes of who seals, the first first; absent while the guardian of genesis does. */
  readonly epochs?: readonly IncludedEntry[];
  readonly path: readonly string[];
};

// `GET /v1/proof/SEQ` answers the text of a C2SP tlog-proof: that an entry is in the newest log
// that witnesses cosigned, or, where none did, in the newest with both signatures of the guardian.

/** Where an entry stands: what a person keeps of something that was sealed. */
export type EntryPlace = {
  readonly seq: string;
  readonly operation_id: string;
  readonly chain_time: string;
};

/** `GET /v1/data`: what is kept outside the log, for how long, and what the disk holds. */
export type DataOverview = {
  readonly classes: readonly {
    readonly artifact_class: ArtifactClass;
    readonly count: number;
    readonly bytes: number;
    readonly held: number;
    /** Chain Time of the oldest. */
    readonly oldest?: string;
    readonly keep_days: number;
    readonly max_bytes: number;
  }[];
  readonly disk: {
    readonly log_bytes: number;
    readonly heads_bytes: number;
    readonly artifacts_bytes: number;
    readonly other_bytes: number;
    readonly free_bytes: number;
    readonly total_bytes: number;
    readonly growth_bytes_per_day: number;
    /** At this rate; absent when nothing grows. */
    readonly days_left?: number;
  };
  readonly warning?: string;
};

/** A content that is kept, and why it cannot be forgotten now. */
export type KeptContent = KeptArtifact & {
  readonly matters: readonly string[];
  readonly spared_by?: 'held' | 'in_use';
};

/** `POST /v1/data/select` with `{terms}`: contents for which every term holds, oldest first. */
export type SelectedContents = {
  readonly contents: readonly KeptContent[];
  /** Whether there are more than one answer holds. */
  readonly more: boolean;
  /** Where the log says that the one content was forgotten that was asked for. */
  readonly forgotten_seq?: string;
};

/** `POST /v1/data/{forget,hold,release}` with the digests, and a reason or matter. */
export type DataReceipt = {
  readonly digests: readonly string[];
  readonly bytes: number;
  readonly receipts: readonly EntryPlace[];
};

/** The consistency levels of whitepaper 3.5, weakest first. */
export type ConsistencyLevel =
  | 'cached_projection'
  | 'projection_consistent'
  | 'snapshot_consistent'
  | 'state_root_consistent'
  | 'linearized_domain'
  | 'serializable_domain';

/** `POST /v1/query`; the GET paths of whitepaper 3.5 take the same as parameters. */
export type QueryRequest = {
  /** Of the node, by its id or what stands after the scheme; the node's own when absent. */
  readonly domain?: string;
  /** `projection://…/name`, or the name of a built-in one. */
  readonly projection: string;
  readonly consistency: ConsistencyLevel;
  /** By column: a value, or `{lt, lte, gt, gte, prefix}`. */
  readonly where?: Readonly<Record<string, unknown>>;
  /** Columns, as `-name` for descending; the key decides the rest. */
  readonly order?: readonly string[];
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
  /** `domain_seq:N` that must be reflected, for `projection_consistent`. */
  readonly watermark?: string;
  /** How long to wait for it. */
  readonly await_ms?: number;
  /** Handle of an earlier answer, for `snapshot_consistent`. */
  readonly snapshot?: string;
};

/** What a read is of. Every answer carries it. */
export type ReadMark = {
  readonly domain_id: string;
  /** `domain_seq:N`: the entry folded last. */
  readonly watermark: string;
  readonly log_root: string;
  readonly state_root: string;
  readonly chain_time: string;
};

export type QueryAnswer = ReadMark & {
  readonly projection: string;
  readonly definition_hash: string;
  readonly consistency: ConsistencyLevel;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** `after` of the next page; absent on the last one. */
  readonly next?: string;
  /** Where a subscription goes on from this answer. */
  readonly resume: string;
  /**
   * Later reads that name it see the same rows, until `expires_in_ms` after the last of them, and
   * ten minutes in all.
   */
  readonly snapshot?: { readonly handle: string; readonly expires_in_ms: number };
  /** Of `state_root_consistent`. */
  readonly proof?: StateRootProof;
  /** Of `serializable_domain`: an operation that carries them is refused when this moved. */
  readonly preconditions?: readonly ReadPrecondition[];
};

export type ReadPrecondition = {
  readonly head_class: string;
  readonly id?: string;
  readonly since: string;
};

/** `GET /v1/domains`: the node's own log first. */
export type DomainsPage = {
  readonly domains: readonly DomainStatus[];
  /** Nobody asked for them since the start: each is opened for whoever asks first. */
  readonly closed: readonly string[];
  /** Those that could not be opened, and why. */
  readonly refused: readonly {
    readonly domain_id: string;
    readonly code: string;
    readonly message: string;
  }[];
};

export type DomainStatus = {
  readonly domain_id: string;
  /** Of its checkpoints, as it is sealed now. */
  readonly origin: string;
  /** The same in every epoch: what a client signs names it (`operationMessage`). */
  readonly genesis_origin: string;
  /** Sealed entries. */
  readonly size: number;
  readonly state_root?: string;
  readonly note: string;
  readonly cosigned: boolean;
  /** Of the newest commit; Chain Time in milliseconds since 1970. */
  readonly height?: string;
  readonly chain_time?: string;
  /** Entries under the newest note with both signatures, and the Chain Time of the last of them. */
  readonly cosigned_size: number;
  readonly cosigned_time?: string;
  /** C2SP verifier key of its checkpoints (the Ed25519 line). */
  readonly key: string;
  /** Those that cover it, and the newest checkpoint with their lines. */
  readonly witnesses: readonly WitnessStatus[];
  readonly witnessed?: { readonly size: number; readonly note: string };
  readonly stores: StoreBytes;
};

/** `POST /v1/domains/NAME/operations`: an operation to be sealed. */
export type OperationRequest = {
  readonly operation: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Made when absent; the same id is admitted once. */
  readonly operation_id?: string;
  readonly authenticated_by?: LogEntry['authenticated_by'];
  readonly preconditions?: LogEntry['preconditions'];
  readonly payloads?: Readonly<Record<string, string>>;
};

export type SealedEntry = { readonly entry: LogEntry; readonly sealed_size: number };

/** `GET /v1/projections?domain=NAME`. */
export type ProjectionsPage = {
  readonly size: number;
  readonly projections: readonly {
    readonly projection: string;
    readonly version: string;
    readonly kind: string;
    readonly definition_hash: string;
    readonly summary: string;
    readonly origin: 'built_in' | 'user';
    /** `dormant`: nobody asked for it yet; it is folded for whoever asks first. */
    readonly state: 'serving' | 'building' | 'rebuilding' | 'stopped' | 'dormant';
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    /** Absent until it serves. */
    readonly watermark?: string;
    /** Sealed entries it does not reflect yet. */
    readonly lag: number;
    /** Entries folded of the one that is made beside it; absent when none is. */
    readonly building_size?: number;
    readonly rows: number;
  }[];
};

/** Events of `GET /v1/subscribe`, by name; the id of each is a resume token. */
export type SubscriptionEvents = {
  /** All rows that match, as of the mark. */
  readonly snapshot: ReadMark & { readonly rows: readonly Readonly<Record<string, unknown>>[] };
  /** Rows that now match, as they are, and keys of those that no longer do. */
  readonly delta: ReadMark & {
    readonly put: readonly Readonly<Record<string, unknown>>[];
    readonly remove: readonly Readonly<Record<string, unknown>>[];
  };
  /** Forget the rows: a snapshot follows. */
  readonly rebase: { readonly reason: string; readonly checkpoint: ProjectionCheckpoint };
  /** The log is not the one the token was of; the stream ends. */
  readonly fault: FaultProof;
  /** The reader did not keep up; it resumes by the last id it has. */
  readonly dropped: { readonly reason: string };
};
