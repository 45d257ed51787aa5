import {
  errorLine,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type RpcError,
  type RpcId,
} from '@ioi/jsonrpc';
import type { Answer } from './backend.ts';
import {
  MAX_CALLS,
  MAX_LISTENS,
  MAX_SUBSCRIPTIONS,
  MAX_TASKS,
  type State,
  type Step,
} from './state.ts';

/** Implementation-defined, as JSON-RPC 2.0 reserves it; `data.code` says which. */
export const SERVER_ERROR = -32000;
/** Defined by MCP 2026-07-28. */
export const HEADER_MISMATCH = -32020;
export const MISSING_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

export const LONGEST_NAME = 128;

const MEANINGS = {
  'gateway.duplicate_id': 'A request with this id is still in flight.',
  'gateway.not_initialized': 'The session is not initialized.',
  'gateway.already_initialized': 'The session is already initialized.',
  'gateway.too_many_calls': `More than ${MAX_CALLS} calls, or 64 MiB of them, in flight.`,
  'gateway.name_too_long': `A name has over ${LONGEST_NAME} characters.`,
  'gateway.too_many_listens': `More than ${MAX_LISTENS} streams of notifications.`,
  'gateway.too_many_subscriptions': `More than ${MAX_SUBSCRIPTIONS} subscriptions.`,
  'gateway.state_unknown': 'No act waits for this requestState: it was used, or is too old.',
  'gateway.state_of_another_request': 'This requestState belongs to another request.',
  'gateway.too_many_tasks': `More than ${MAX_TASKS} tasks.`,
  'gateway.task_unknown': 'No task has this name: it was never begun here, or is too old.',
  'gateway.task_ended': 'The task has ended already.',
  'gateway.task_cancelled': 'The task was called off; whether it happened is in the log.',
  'gateway.task_lost': 'The node stopped before this was decided: nothing was done.',
  'gateway.task_interrupted': 'The node stopped while this waited: make the call again.',
  'gateway.task_forbidden': 'This tool is not called as a task.',
  'gateway.responses_invalid': 'inputResponses must be an object of objects.',
  'gateway.event_unknown': 'No stream of this session had an event of this id: leave it out.',
  'gateway.events_dropped': 'Some of what followed this event is kept no longer.',
  'gateway.stream_over': 'The stream is over; nothing that followed this event is kept.',
  'gateway.url_elicitation_required': 'The server wants a page visited first, by an older rule.',
} as const;

export type ErrorName = keyof typeof MEANINGS;

export function named(code: number, name: ErrorName): RpcError {
  return { code, message: MEANINGS[name], data: { code: name } };
}

/** What is said of a task of which there is nothing else to say. */
export function lostTask(name: 'gateway.task_lost' | 'gateway.task_interrupted'): Answer {
  return { kind: 'error', error: named(SERVER_ERROR, name) };
}

export function invalid(message: string): RpcError {
  return { code: INVALID_PARAMS, message: `Invalid params: ${message}` };
}

export const DUPLICATE = named(INVALID_REQUEST, 'gateway.duplicate_id');

export type Addressee = { readonly from: string; readonly id: RpcId };

/** The answer to a request of which nothing else follows. */
export function refuse(state: State, to: Addressee, error: RpcError, status?: 400 | 404): Step {
  const line = errorLine(to.id, error);
  const told = status === undefined ? {} : { status };
  return { state, effects: [{ kind: 'send', line, to: to.from, last: true, ...told }] };
}
