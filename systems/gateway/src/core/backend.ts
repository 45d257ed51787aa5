import type { Digest, Json } from '@ioi/canon';
import type { JsonObject, RpcError } from '@ioi/jsonrpc';
import type { Ask, Progress, TaskReport, VerdictCode } from '@ioi/protocol';

/**
 * The daemon's side of whoever speaks here: one for each session of a stateful client, one for
 * each principal of stateless ones. It knows who that is and what it has been given; nothing on
 * this side of the port decides. Whatever rejects is answered as an internal error and told to
 * `fault`.
 */
export type Backend = {
  /** Asked for at the beginning, and again after every `list_changed`. */
  offer(): Promise<Offer>;
  list(kind: ListKind): Promise<Listing>;
  /** `context.signal` aborts with a `Cancellation` as its reason; the answer then goes nowhere. */
  act(act: Act, context: ActContext): Promise<Answer>;
  /** Reading goes on once the receipt is written. */
  drop(dropped: Dropped): Promise<void>;
  /** A backend that failed, or a stream that broke: for the daemon's log. */
  fault(error: unknown): void;
  /** The client's roots have changed (stateful clients only). */
  rootsChanged?(): void;
  /** An act of this client's, followed by this name before the node started; it has ended. */
  recall?(taskId: string): Recalled | undefined;
  /** Nothing is asked of this backend any more. */
  ended?(): void;
};

/** How a client follows an act (MCP tasks). */
export type Followed = {
  readonly taskId: string;
  readonly era: Proposer['era'];
  /** RFC 3339. */
  readonly createdAt: string;
  readonly ttlMs: number;
};

/** `leftMs`: how long it is still kept. */
export type Recalled = Followed & { readonly answer: Answer; readonly leftMs: number };

/** What the client gets for a request: a result or a JSON-RPC error. */
export type Answer =
  | { readonly kind: 'result'; readonly result: Json }
  | { readonly kind: 'error'; readonly error: RpcError };

/** Input without a canonical form: a receipt over its bytes is all that remains of it. */
export type Dropped = {
  /** Of the whole message, or of its first 64 KiB when `code` is `request.too_large`. */
  readonly rawHash: Digest;
  readonly byteCount: number;
  readonly code: Extract<VerdictCode, 'canon.refused' | 'request.invalid' | 'request.too_large'>;
  readonly detail: string;
};

/** Why nobody waits for an act any more. */
export type Cancellation = {
  readonly cause: 'client_cancelled' | 'client_closed' | 'not_continued';
  readonly reason?: string;
};

/** What an endpoint says of itself: the union of the servers behind it. */
export type Offer = {
  /** MCP ServerCapabilities, as the servers declare them. */
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions?: string;
};

export type ListKind = 'tools' | 'resources' | 'resource_templates' | 'prompts';

/** Everything of one kind, on one page; items with every field they came with. */
export type Listing = {
  readonly items: readonly Json[];
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
};

/** What carries something an agent chose to a server: each becomes an ActionRequest. */
export const ACT_METHODS = [
  'tools/call',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/get',
  'completion/complete',
] as const;
export type ActMethod = (typeof ACT_METHODS)[number];

export type Act = {
  readonly method: ActMethod;
  /** As the client sent them, without `_meta` and without what belongs to a retry. */
  readonly params: JsonObject;
  /** What of `_meta` is the server's to see: neither progress token nor protocol fields. */
  readonly meta?: JsonObject;
};

/** Who proposes an act. `capabilities`: MCP ClientCapabilities, of this request or session. */
export type Proposer = {
  readonly era: 'stateful' | 'stateless';
  readonly capabilities: JsonObject;
  readonly client?: { readonly name: string; readonly version: string };
};

export type ActContext = {
  readonly proposer: Proposer;
  readonly signal: AbortSignalLike;
  readonly onProgress: (progress: Progress) => void;
  /** Parameters of a `notifications/message` the client wants to see. */
  readonly onMessage: (params: Json) => void;
  readonly ask: Ask;
  /** Its client follows it as a task: it may take as long as it likes. */
  readonly isTask: boolean;
  /** What the server has made a task of, or has to say of one. */
  readonly onTask: (report: TaskReport) => void;
  /** As what its client follows it, once it does. */
  readonly followed: () => Followed | undefined;
};

/** The part of AbortSignal the backend needs. */
export type AbortSignalLike = {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

/** What a client is told without having asked. */
export type Notice =
  | { readonly kind: 'list_changed'; readonly list: 'tools' | 'resources' | 'prompts' }
  | { readonly kind: 'resource_updated'; readonly params: JsonObject }
  /** A log message of no particular request: stateful clients only. */
  | { readonly kind: 'message'; readonly params: JsonObject }
  /** `notifications/elicitation/complete`: stateful clients only. */
  | { readonly kind: 'elicitation_complete'; readonly params: JsonObject };
