import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Ask, Progress } from '@ioi/protocol';

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
  /** A log message of no particular request. */
  | { readonly kind: 'message'; readonly params: JsonObject };
