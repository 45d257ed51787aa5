import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Ask, CancelSignal, Progress, SealedAction, TaskReport } from '@ioi/protocol';
import type { ListedTool, ToolAnswer } from '../core/answer.ts';

/** `stateful` has sessions (MCP 2025-11-25 and earlier), `stateless` has none (2026-07-28). */
export type Era = 'stateful' | 'stateless';

/** What a server says of itself. None of it is verified (MCP `Implementation`). */
export type Described = {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  /** Empty where the server does not say. */
  readonly serverInfo: JsonObject;
  readonly instructions?: string;
};

export type ListKind = 'tools' | 'resources' | 'resource_templates' | 'prompts';

/** Every page of a list, entries as they came. */
export type Listed<Entry extends JsonObject = JsonObject> = {
  readonly entries: readonly Entry[];
  /** How long the server says the list holds, and for whom (MCP 2026-07-28, caching). */
  readonly ttlMs?: number;
  readonly cacheScope?: 'public' | 'private';
  /** Entries nobody is shown, and why; only tools can be left out. */
  readonly leftOut: readonly LeftOut[];
};

export type LeftOut = {
  readonly code: 'tool.header_invalid' | 'tool.schema_missing';
  readonly name: string;
  readonly reason: string;
};

/** What every act takes, whatever it asks of the server. */
export type Passage = {
  /** Time spent in `ask` does not count. */
  readonly timeoutMs: number;
  /** Of the whole act, however often a server says that it goes on; endless unless told. */
  readonly mostMs?: number;
  /** Of the answer as it comes over the wire. */
  readonly outputBytes: number;
  readonly signal?: CancelSignal;
  /** What it is performed of: a process that adds credentials checks it first. */
  readonly action?: SealedAction | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** Parameters of each `notifications/message` of this act, as the server sent them. */
  readonly onMessage?: (params: Json) => void;
  /** Absent where nobody can be asked: a server that asks is refused by name. */
  readonly ask?: Ask;
  /** The client follows the act as a task: the server is asked for one where it may be. */
  readonly isTask?: boolean;
  /** The server has made a task of it, or says how far it has come. */
  readonly onTask?: (report: TaskReport) => void;
  /** The client's capabilities, for servers that are told them with each request. */
  readonly capabilities?: Json;
  /**
   * Fields of `_meta` to carry, such as `traceparent`. Never over the progress token, nor over
   * what MCP reserves, but for the level of log messages.
   */
  readonly meta?: JsonObject;
};

export type UpstreamCall = Passage & {
  /** As `tools()` gave it: a tool of an older list is not called. */
  readonly tool: ListedTool;
  readonly arguments: JsonObject;
};

/**
 * Of a stateless server, `resources/subscribe`, `resources/unsubscribe` and `logging/setLevel`
 * are kept by this side and answered with `{}`: it sends them along as that era has it.
 */
export type RequestMethod =
  | 'resources/read'
  | 'resources/subscribe'
  | 'resources/unsubscribe'
  | 'prompts/get'
  | 'completion/complete'
  | 'logging/setLevel';

export type UpstreamRequest = Passage & {
  readonly method: RequestMethod;
  readonly params: JsonObject;
};

/** What a server says beside any act. */
export type Notice =
  | { readonly kind: 'list_changed'; readonly list: 'tools' | 'resources' | 'prompts' }
  /** Parameters of `notifications/resources/updated`. */
  | { readonly kind: 'resource_updated'; readonly params: JsonObject }
  /** Parameters of a `notifications/message` that belongs to no act. */
  | { readonly kind: 'message'; readonly params: JsonObject }
  /** Parameters of `notifications/elicitation/complete`. */
  | { readonly kind: 'elicitation_complete'; readonly params: JsonObject }
  /** A new connection: subscriptions and log levels of the earlier one are gone. */
  | { readonly kind: 'reconnected' }
  | { readonly kind: 'unauthorised'; readonly facts: Unauthorised };

/** A client of one MCP server of either era. What was sent as an act is never sent again. */
export type Upstream = {
  readonly name: string;
  /** Starts or restarts the server where needed. Throws UpstreamFault, as the lists do. */
  describe(): Promise<Described>;
  /** The entries of `list('tools')`, the same objects as long as the list has not changed. */
  tools(): Promise<readonly ListedTool[]>;
  /** Empty where the server has not the capability. */
  list(kind: ListKind): Promise<Listed>;
  /** Sends one `tools/call`, or says that nothing was sent. Never throws. */
  call(call: UpstreamCall): Promise<ToolAnswer>;
  /** Sends one request of another method, or says that nothing was sent. Never throws. */
  request(request: UpstreamRequest): Promise<ToolAnswer>;
  /** Whether no earlier act without an answer can still be running; never guessed. */
  quiet(): Promise<boolean>;
  /** Returns how to stop listening. */
  onNotice(listener: (notice: Notice) => void): () => void;
  /** Lists are asked for again when they are next needed, whatever the server says of their age. */
  forget(): void;
  /** Tells a server with sessions that the client's roots changed; others ask when they need. */
  rootsChanged(): void;
  /** The last of what the server wrote beside the protocol, for people. */
  diagnostics(): string;
  close(): Promise<void>;
};

export type UpstreamCode =
  | 'upstream.closed'
  | 'upstream.unreachable'
  | 'upstream.unauthorised'
  | 'upstream.handshake_failed'
  /** The older transport names a place to post that is not where it is itself. */
  | 'upstream.other_origin'
  | 'upstream.version_unsupported'
  | 'upstream.invalid_list'
  | 'upstream.insecure_url';

/** What a 401, or a 403 with a challenge, says of the login it wants (RFC 9728, RFC 6750). */
export type Unauthorised = {
  readonly status: 401 | 403;
  readonly scheme?: string;
  readonly resourceMetadata?: string;
  readonly scope?: string;
  readonly error?: string;
};

/** A fault of the world outside: thrown in shells, turned into "no effect" by the driver. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly code: UpstreamCode;
  /** Of `upstream.unauthorised` alone. */
  readonly unauthorised: Unauthorised | undefined;

  constructor(code: UpstreamCode, message: string, unauthorised?: Unauthorised) {
    super(message);
    this.code = code;
    this.unauthorised = unauthorised;
  }
}
