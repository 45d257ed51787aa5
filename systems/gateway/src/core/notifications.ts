import { isObject, type Message } from '@ioi/jsonrpc';
import { callOff, sendHeld } from './asks.ts';
import { unlisten } from './listens.ts';
import { findById, type InFlight, remove, replace, type State, type Step } from './state.ts';

type Notification = Extract<Message, { kind: 'notification' }> & { readonly from: string };

const LONGEST_REASON = 256;

/** What the client tells without waiting for an answer; unknown notifications are passed over. */
export function takeNotification(state: State, message: Notification): Step {
  switch (message.method) {
    case 'notifications/initialized':
      if (state.phase !== 'initialized') return { state, effects: [] };
      return sendHeld({ ...state, phase: 'ready' });
    case 'notifications/cancelled':
      return takeCancelled(state, message);
    case 'notifications/roots/list_changed':
      return { state, effects: state.phase === 'ready' ? [{ kind: 'roots_changed' }] : [] };
    default:
      return { state, effects: [] };
  }
}

/** MCP cancellation: the answer is not sent any more; whether the act still happens is open. */
function takeCancelled(state: State, { params, from }: Notification): Step {
  if (!isObject(params)) return { state, effects: [] };
  const id = params['requestId'];
  if (typeof id !== 'string' && typeof id !== 'number') return { state, effects: [] };
  const listen = state.listens.find((each) => each.id === id && each.from === from);
  if (listen !== undefined) return unlisten(state, listen);
  const entry = findById(state, from, id);
  if (entry === undefined || entry.cancelled) return { state, effects: [] };
  const given = params['reason'];
  const reason = typeof given === 'string' ? { reason: given.slice(0, LONGEST_REASON) } : {};
  return cancel(state, entry, { cause: 'client_cancelled', ...reason });
}

export function cancel(
  state: State,
  entry: InFlight,
  why: {
    readonly cause: 'client_cancelled' | 'client_closed';
    readonly reason?: string;
  },
): Step {
  if (entry.awaits !== undefined) {
    return { state: remove(state, entry.callId), effects: [{ kind: 'over', to: entry.from }] };
  }
  const called = callOff(state, entry);
  const { callId } = entry;
  return {
    state: replace(called.state, { ...entry, cancelled: true }),
    effects: [...called.effects, { kind: 'cancel', callId, ...why }],
  };
}
