import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type CanonError, type Json, parseStrict } from '@ioi/canon';
import { isRpcId, recoverId } from './ids.ts';
import { isObject, type JsonObject, type Message, type RpcId } from './message.ts';

/** Why bytes are no message, in order of precedence. */
export type JsonRpcCode =
  | 'jsonrpc.parse_error'
  | 'jsonrpc.batch_unsupported'
  | 'jsonrpc.invalid_request';

export type JsonRpcFault = {
  readonly code: JsonRpcCode;
  readonly message: string;
  /** Whom an error answer may address, where the bytes still show it. */
  readonly id?: RpcId;
  /** Why the text has no canonical form, for `jsonrpc.parse_error`. */
  readonly cause?: CanonError;
};

type Outcome = Result<Message, JsonRpcFault>;

/**
 * Reads one message (JSON-RPC 2.0, 4 and 5). The text must be I-JSON, so that what is decided
 * here is what any other reader sees. Batches are refused (MCP 2025-06-18 removed them).
 */
export function classify(bytes: Uint8Array): Outcome {
  const text = parseStrict(bytes);
  if (!text.ok) return refuseText(bytes, text.error);
  const value = text.value;
  if (Array.isArray(value)) {
    return err({ code: 'jsonrpc.batch_unsupported', message: 'batches are not supported' });
  }
  if (!isObject(value)) return refuse('a message is an object');
  return classifyMembers(value);
}

function classifyMembers(members: JsonObject): Outcome {
  const id = own(members, 'id');
  if (id !== undefined && id !== null && !isRpcId(id)) {
    return refuse('id must be a string of at most 256 characters or an integer');
  }
  const known = id ?? undefined;
  if (own(members, 'jsonrpc') !== '2.0') return refuse('jsonrpc must be "2.0"', known);
  const isResponse = own(members, 'result') !== undefined || own(members, 'error') !== undefined;
  const method = own(members, 'method');
  if (method === undefined) {
    if (isResponse) return classifyResponse(members, id);
    return refuse('neither a method nor a result nor an error', known);
  }
  if (typeof method !== 'string') return refuse('method must be a string', known);
  if (isResponse) return refuse('a message is a request or a response, never both', known);
  return classifyCall(members, method);
}

function classifyCall(members: JsonObject, method: string): Outcome {
  const id = own(members, 'id');
  const params = own(members, 'params');
  if (id === null) return refuse('a request may not have the id null');
  if (params !== undefined && (typeof params !== 'object' || params === null)) {
    return refuse('params must be an object or an array', id as RpcId | undefined);
  }
  if (id === undefined) return ok({ kind: 'notification', method, params, members });
  return ok({ kind: 'request', id: id as RpcId, method, params, members });
}

function classifyResponse(members: JsonObject, id: RpcId | null | undefined): Outcome {
  const result = own(members, 'result');
  const error = own(members, 'error');
  if (result !== undefined && error !== undefined) {
    return refuse('a response has a result or an error, never both', id ?? undefined);
  }
  if (result !== undefined) {
    if (id === undefined || id === null) return refuse('a result needs an id');
    return ok({ kind: 'result', id, result, members });
  }
  if (!isObject(error)) return refuse('error must be an object', id ?? undefined);
  const code = own(error, 'code');
  const message = own(error, 'message');
  if (!Number.isSafeInteger(code) || typeof message !== 'string') {
    return refuse('error needs an integer code and a message', id ?? undefined);
  }
  const data = own(error, 'data');
  const shown = { code: code as number, message, ...(data === undefined ? {} : { data }) };
  return ok({ kind: 'error', id: id ?? null, error: shown, members });
}

/** A member of the message itself; a name like `constructor` never reaches the prototype. */
function own(members: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function refuse(message: string, id?: RpcId): Outcome {
  const known = id === undefined ? {} : { id };
  return err({ code: 'jsonrpc.invalid_request', message, ...known });
}

function refuseText(bytes: Uint8Array, cause: CanonError): Outcome {
  const text = cause.code === 'canon.too_large' ? undefined : decodeUtf8(bytes);
  const id = text === undefined ? undefined : recoverId(text);
  const known = id === undefined ? {} : { id };
  return err({ code: 'jsonrpc.parse_error', message: cause.message, cause, ...known });
}
