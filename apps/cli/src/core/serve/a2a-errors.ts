import type { RpcError } from '@ioi/jsonrpc';

/** A2A 1.0, 5.4; the general ones are of JSON-RPC 2.0, 5.1. */
const CODES = {
  INVALID_PARAMS: -32602,
  INTERNAL: -32603,
  TASK_NOT_FOUND: -32001,
  TASK_NOT_CANCELABLE: -32002,
  PUSH_NOTIFICATION_NOT_SUPPORTED: -32003,
  UNSUPPORTED_OPERATION: -32004,
  CONTENT_TYPE_NOT_SUPPORTED: -32005,
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: -32007,
  VERSION_NOT_SUPPORTED: -32009,
} as const;

export type A2aReason = keyof typeof CODES;

/** `code` is that of the node, where it is the node that refused. */
export function a2aError(reason: A2aReason, message: string, code?: string): RpcError {
  const detail = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'a2a-protocol.org',
    metadata: code === undefined ? {} : { code },
  };
  return { code: CODES[reason], message, data: [detail] };
}
