import type {
  ActionFacts,
  ActionRequest,
  ArtifactClass,
  KeptArtifact,
  LogEntry,
  RuntimeToolContract,
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

export type ToolStatus = {
  readonly name: string;
  /** Where it lands in the target namespace; absent when it has no contract. */
  readonly target?: string;
  /** Why it is blocked: `contract.missing` or `contract.schema_changed`. */
  readonly code?: string;
};

export type ServerStatus = {
  readonly name: string;
  readonly state: 'ready' | 'unreachable';
  readonly detail?: string;
  readonly tools: readonly ToolStatus[];
};

/** `GET /v1/status` on daemon.sock. */
export type NodeStatus = {
  readonly node_id: string;
  readonly demo: boolean;
  readonly version: string;
  readonly isolation_tier: string;
  readonly log: { readonly size: number; readonly note: string; readonly cosigned: boolean };
  readonly policy?: {
    readonly policy_id: string;
    readonly policy_hash: string;
    readonly version: string;
  };
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
  readonly rule_id?: string;
  readonly field?: string;
  readonly policy_hash?: string;
  readonly receipt_id: string;
  /** Rules of the target under the policy that decided. */
  readonly rules: readonly RuleTrace[];
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
  readonly path: readonly string[];
};

/** `GET /v1/consistency/SIZE`: that the log continues what it was at that size. */
export type ConsistencyProof = {
  readonly note: string;
  readonly genesis: IncludedEntry;
  readonly path: readonly string[];
};

/** `GET /v1/tools/NAME`: a mounted tool as its server lists it, and its contract if it has one. */
export type ToolDetail = {
  readonly server: string;
  readonly tool: string;
  readonly description?: string;
  readonly input_schema: unknown;
  readonly schema_hash: string;
  readonly contract?: RuntimeToolContract;
};

/** Where an entry stands: what a person keeps of something that was sealed. */
export type SealedEntry = {
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
  readonly receipts: readonly SealedEntry[];
};
