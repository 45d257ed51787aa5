import type { JsonObject } from '@ioi/jsonrpc';
import type { CancelSignal, Progress } from '@ioi/protocol';
import type { ListedTool, ToolAnswer } from '../core/answer.ts';

/** Newest first; what an upstream answers must be one of these (MCP lifecycle). */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

export type UpstreamCall = {
  /** As `tools()` gave it: a tool of an older list is not called. */
  readonly tool: ListedTool;
  readonly arguments: JsonObject;
  readonly timeoutMs: number;
  /** Of the answer as it comes over the wire. */
  readonly outputBytes: number;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: Progress) => void;
};

/** A client of one MCP server. Nothing is ever sent twice. */
export type Upstream = {
  readonly name: string;
  /** Starts or restarts the server where needed. Throws UpstreamFault. */
  tools(): Promise<readonly ListedTool[]>;
  /** Sends one `tools/call`, or says that nothing was sent. Never throws. */
  call(call: UpstreamCall): Promise<ToolAnswer>;
  /** Whether no earlier call without an answer can still be running; never guessed. */
  quiet(): Promise<boolean>;
  /** Called whenever the list may have changed; returns how to stop listening. */
  onToolsChanged(listener: () => void): () => void;
  /** The last of what the server wrote beside the protocol, for people. */
  diagnostics(): string;
  close(): Promise<void>;
};

export type UpstreamCode =
  | 'upstream.closed'
  | 'upstream.unreachable'
  | 'upstream.handshake_failed'
  | 'upstream.version_unsupported'
  | 'upstream.invalid_tools'
  | 'upstream.insecure_url';

/** A fault of the world outside: thrown in shells, turned into "no effect" by the driver. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly code: UpstreamCode;

  constructor(code: UpstreamCode, message: string) {
    super(message);
    this.code = code;
  }
}
