import type { JsonObject, RpcError } from '@ioi/jsonrpc';

/**
 * Why a call that was sent has no answer. None of these says whether the tool acted.
 * `answer_refused`: an answer came but has no canonical form, so nobody can commit to it.
 */
export type Silence =
  | 'died'
  | 'timeout'
  | 'cancelled'
  | 'output_too_large'
  | 'answer_refused'
  | 'closed';

/** What came of one `tools/call`. */
export type ToolAnswer =
  /** The upstream's CallToolResult, unknown fields untouched. */
  | { readonly kind: 'result'; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly error: RpcError }
  | { readonly kind: 'silent'; readonly silence: Silence; readonly detail?: string }
  /** Not one byte of the call reached the upstream. */
  | {
      readonly kind: 'not_sent';
      readonly reason: string;
      /** What whoever asked is told in these words: they can do something about it. */
      readonly error?: RpcError;
    };

/** One tool as an upstream lists it; unknown fields are kept. */
export type ListedTool = JsonObject & { readonly name: string; readonly inputSchema: JsonObject };

/** The tool's own word on how it went; it never decides alone (whitepaper E.2). */
export function reportsError(answer: ToolAnswer): boolean {
  return answer.kind === 'error' || (answer.kind === 'result' && answer.result['isError'] === true);
}

/** What the caller will see: the result verbatim, a JSON-RPC error as `{"$error": …}`. */
export function outputOf(answer: ToolAnswer): JsonObject | undefined {
  if (answer.kind === 'result') return answer.result;
  const error = answer.kind === 'error' || answer.kind === 'not_sent' ? answer.error : undefined;
  if (error !== undefined) return { $error: { ...error } };
  return undefined;
}
