import { digestBytes } from '@ioi/canon';
import {
  errorLine,
  INVALID_REQUEST,
  type JsonRpcFault,
  PARSE_ERROR,
  type RpcError,
  type RpcId,
} from '@ioi/jsonrpc';
import { callOff } from './asks.ts';
import { farewell, unlisten } from './listens.ts';
import { cancel } from './notifications.ts';
import { refuseAll } from './permitted.ts';
import {
  type Effect,
  findById,
  type InFlight,
  type Input,
  MAX_DROPPED,
  type State,
  type Step,
  sequence,
} from './state.ts';

/** Input nobody could act on alike: dropped, with a receipt over its bytes (ruling 6). */
export function drop(
  state: State,
  { bytes, from = '' }: Extract<Input, { kind: 'frame' }>,
  fault: JsonRpcFault,
): Step {
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
  return refuseDropped(state, effect, { error, id: fault.id, from });
}

export function dropOversized(state: State, input: Extract<Input, { kind: 'oversized' }>): Step {
  const { byteCount, prefixDigest, id, from = '' } = input;
  const message = `The message is too large (${byteCount} bytes).`;
  const error = { code: INVALID_REQUEST, message, data: { code: 'request.too_large' } };
  const effect: Effect = {
    kind: 'drop',
    rawHash: prefixDigest,
    byteCount,
    code: 'request.too_large',
    detail: 'gateway.frame_too_large',
  };
  return refuseDropped(state, effect, { error, id, from });
}

function refuseDropped(
  state: State,
  effect: Effect,
  told: { readonly error: RpcError; readonly id: RpcId | undefined; readonly from: string },
): Step {
  // An id recovered from unreadable input must not end a request that is still being worked on.
  const { id: given, from: to, error } = told;
  const isTaken = given !== undefined && isInUse(state, to, given);
  const line = errorLine(given === undefined || isTaken ? null : given, error);
  const next = { ...state, dropped: state.dropped + 1 };
  const effects: Effect[] = [effect, { kind: 'send', line, to, last: true, status: 400 }];
  // A stateless request comes alone: there is no connection to it that could be ended.
  if (next.dropped < MAX_DROPPED || next.phase === 'stateless') return { state: next, effects };
  const closing = close(next, false);
  return { state: closing.state, effects: [...effects, ...closing.effects] };
}

function isInUse(state: State, from: string, id: RpcId): boolean {
  const isListening = state.listens.some((each) => each.id === id && each.from === from);
  return isListening || findById(state, from, id) !== undefined;
}

/** A stream was closed by its reader: what it waited for is cancelled, and listens end. */
export function leave(state: State, from: string): Step {
  const isTheirs = (entry: InFlight): boolean =>
    entry.from === from && entry.id !== undefined && !entry.cancelled;
  return sequence(state, [
    ...state.inFlight
      .filter(isTheirs)
      .map((entry) => (current: State) => cancel(current, entry, { cause: 'client_closed' })),
    ...state.listens
      .filter((each) => each.from === from)
      .map((each) => (current: State) => unlisten(current, each)),
  ]);
}

/** The peer is gone or is sent away: whoever still works for it is told. */
export function close(state: State, byUs: boolean): Step {
  const told = byUs ? farewell(state) : [];
  const working = state.inFlight.filter((entry) => !entry.cancelled && entry.awaits === undefined);
  const cancels = working.flatMap((entry): Effect[] => {
    const { callId, questions = [] } = entry;
    const unasked = questions.map(({ askId, requests }): Effect => {
      const responses = refuseAll(requests, 'gateway.nobody_to_ask');
      return { kind: 'answer', askId, responses };
    });
    const answers = callOff(state, entry).effects.filter(({ kind }) => kind === 'answer');
    return [{ kind: 'cancel', callId, cause: 'client_closed' }, ...unasked, ...answers];
  });
  const nothing = { inFlight: [], asks: [], listens: [], tasks: [], subscriptions: [] };
  const closed: State = { ...state, ...nothing, phase: 'closed' };
  return { state: closed, effects: [...told, ...cancels, { kind: 'close' }] };
}
