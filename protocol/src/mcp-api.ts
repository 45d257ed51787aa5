import type { RuntimeToolContract } from './types.ts';

export type ToolStatus = {
  readonly name: string;
  /** Where it lands in the target namespace; absent when it has no contract. */
  readonly target?: string;
  /** Why it is blocked: `contract.missing`, `.schema_changed` or `.description_changed`. */
  readonly code?: string;
  /** What in its description speaks to a model rather than about the tool. */
  readonly warnings?: readonly string[];
  /** The policy in force lets no call of it pass, so clients do not see it. */
  readonly hidden?: boolean;
};

export type ServerStatus = {
  readonly name: string;
  readonly state: 'ready' | 'starting' | 'unreachable';
  readonly detail?: string;
  /** The MCP revision spoken with it. */
  readonly protocol_version?: string;
  /** Digest of all it says of itself and its tools now: what `accept` is bound to. */
  readonly said?: string;
  /** It runs, in a sandbox that holds it to its manifest. */
  readonly sandboxed?: true;
  readonly resources?: number;
  readonly prompts?: number;
  readonly tools: readonly ToolStatus[];
};

/** `GET /v1/mcp`: the servers behind the node, and where clients reach it over HTTP. */
export type McpPage = { readonly url?: string; readonly servers: readonly ServerStatus[] };

/** `GET /v1/mcp/sandbox`: whether servers with a manifest can be held to it; why not, and a fix. */
export type SandboxState = {
  readonly available: boolean;
  readonly cause?: string;
  readonly fix?: string;
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
