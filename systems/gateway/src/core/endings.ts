import { digestBytes } from '@ioi/canon';
import {
  errorLine,
  INVALID_REQUEST,
  type JsonRpcFault,
  PARSE_ERROR,
  type RpcError,
  type RpcId,
} from '@ioi/jsonrpc';
import {
  type Effect,
  findById,
  type Input,
  MAX_DROPPED,
  type SessionState,
  type Step,
} from './session.ts';

/** Input nobody could act on alike: dropped, with a receipt over its bytes (ruling 6). */
export function drop(state: SessionState, bytes: Uint8Array, fault: JsonRpcFault): Step {
  const isParse = fault.code === 'jsonrpc.parse_error';
  const detail = fault.cause?.code ?? fault.code;
  const code = isParse ? PARSE_ERROR : INVALID_REQUEST;
  const error = { code, message: fault.message, data: { code: detail } };
  const effect: Effect = {
    kind: 'drop',
    rawHash: digestBytes(bytes),
    byteCount: bytes.length,
    code: isParse ? 'canon.refused' : 'request.invalid',
    detail,
  };
  return refuseDropped(state, effect, { error, id: fault.id });
}

export function dropOversized(
  state: SessionState,
  input: Extract<Input, { kind: 'oversized' }>,
): Step {
  const { byteCount, prefixDigest, id } = input;
  const message = `The message is too large (${byteCount} bytes).`;
  const error = { code: INVALID_REQUEST, message, data: { code: 'request.too_large' } };
  const effect: Effect = {
    kind: 'drop',
    rawHash: prefixDigest,
    byteCount,
    code: 'request.too_large',
    detail: 'gateway.frame_too_large',
  };
  return refuseDropped(state, effect, { error, id });
}

function refuseDropped(
  state: SessionState,
  effect: Effect,
  told: { readonly error: RpcError; readonly id: RpcId | undefined },
): Step {
  // An id recovered from unreadable input must not end a request that is still being worked on.
  const isTaken = told.id !== undefined && findById(state, told.id) !== undefined;
  const id = told.id === undefined || isTaken ? null : told.id;
  const send: Effect = { kind: 'send', line: errorLine(id, told.error) };
  const next = { ...state, dropped: state.dropped + 1 };
  const effects: Effect[] = [effect, send];
  if (next.dropped < MAX_DROPPED) return { state: next, effects };
  const closing = close(next);
  return { state: closing.state, effects: [...effects, ...closing.effects] };
}

/** The peer is gone or is sent away: whoever still works for it is told. */
export function close(state: SessionState): Step {
  const waiting = state.inFlight.filter((entry) => !entry.cancelled);
  const effects = waiting.map(
    ({ callId }): Effect => ({ kind: 'cancel', callId, cause: 'client_closed' }),
  );
  const closed: SessionState = { ...state, phase: 'closed', inFlight: [] };
  return { state: closed, effects: [...effects, { kind: 'close' }] };
}
