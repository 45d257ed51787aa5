import { isObject, type Message } from '@ioi/jsonrpc';
import { findById, replace, type SessionState, type Step } from './session.ts';

type Notification = Extract<Message, { kind: 'notification' }>;

const LONGEST_REASON = 256;

/** What the client tells without waiting for an answer; unknown notifications are passed over. */
export function takeNotification(state: SessionState, message: Notification): Step {
  switch (message.method) {
    case 'notifications/initialized':
      return {
        state: state.phase === 'initialized' ? { ...state, phase: 'ready' } : state,
        effects: [],
      };
    case 'notifications/cancelled':
      return cancel(state, message);
    default:
      return { state, effects: [] };
  }
}

/** MCP cancellation: the answer is not sent any more; whether the act still happens is open. */
function cancel(state: SessionState, message: Notification): Step {
  const { params } = message;
  if (!isObject(params)) return { state, effects: [] };
  const id = params['requestId'];
  if (typeof id !== 'string' && typeof id !== 'number') return { state, effects: [] };
  const entry = findById(state, id);
  if (entry === undefined || entry.cancelled) return { state, effects: [] };
  const given = params['reason'];
  const reason = typeof given === 'string' ? { reason: given.slice(0, LONGEST_REASON) } : {};
  const { callId } = entry;
  return {
    state: replace(state, { ...entry, cancelled: true }),
    effects: [{ kind: 'cancel', callId, cause: 'client_cancelled', ...reason }],
  };
}
