import type { Json } from '@ioi/canon';
import type { RpcError, RpcId } from './message.ts';

/** JSON-RPC 2.0, 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

// Each returns one line without its newline: JSON escapes every newline inside strings.

export function requestLine(id: RpcId, method: string, params?: Json): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method,
    ...(params === undefined ? {} : { params }),
  });
}

export function notificationLine(method: string, params?: Json): string {
  return JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
}

export function resultLine(id: RpcId, result: Json): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

/** `null` only where the request's own identifier could not be read. */
export function errorLine(id: RpcId | null, error: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

/** The error for a method this side does not carry; clients fall back on it. */
export function methodNotFound(method: string): RpcError {
  return { code: METHOD_NOT_FOUND, message: `Method not found: ${method.slice(0, 256)}` };
}
