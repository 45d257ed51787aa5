import { isObject, type JsonObject, methodNotFound } from '@ioi/jsonrpc';
import type { InputResponses } from '@ioi/protocol';
import { actOf, isActMethod, LISTS, needsOffer, progressTokenOf } from './acts.ts';
import type { Proposer } from './backend.ts';
import { invalid, named, refuse, SERVER_ERROR } from './errors.ts';
import {
  type Effect,
  type InFlight,
  MAX_BYTES_IN_FLIGHT,
  MAX_CALLS,
  MAX_SUBSCRIPTIONS,
  MAX_TASKS,
  type Request,
  type State,
  type Step,
} from './state.ts';

export type Proposed = {
  readonly request: Request;
  readonly params: JsonObject;
  readonly proposer: Proposer;
  readonly logLevel?: string;
  /** The client wants a task of it, kept so long. */
  readonly taskMs?: number;
  /** What a client answers before it is asked (MCP 2026-07-28, `inputResponses`). */
  readonly early?: InputResponses;
};

/** Whether a list or an act can be answered at all: nothing that nobody offers is carried. */
export function isOffered({ offer }: State, method: string): boolean {
  if (!LISTS.has(method) && !isActMethod(method)) return false;
  const capability = offer.capabilities[needsOffer(method)];
  if (!isObject(capability)) return false;
  return !method.endsWith('subscribe') || capability['subscribe'] === true;
}

/** Lists and acts, which both eras have in common; everything else is refused by name. */
export function takeWork(state: State, proposed: Proposed): Step {
  const { request, params, proposer } = proposed;
  const { method } = request;
  if (!isOffered(state, method)) {
    const status = proposer.era === 'stateless' ? 404 : undefined;
    return refuse(state, request, methodNotFound(method), status);
  }
  if (!isActMethod(method)) return takeList(state, proposed);
  const act = actOf(method, params);
  if (!act.ok) return refuse(state, request, act.error);
  if (method === 'resources/subscribe' && state.subscriptions.length >= MAX_SUBSCRIPTIONS) {
    return refuse(state, request, named(SERVER_ERROR, 'gateway.too_many_subscriptions'));
  }
  const room = proposed.taskMs === undefined ? state : makeRoom(state);
  if (!room) return refuse(state, request, named(SERVER_ERROR, 'gateway.too_many_tasks'));
  // Which resource a session then is subscribed to, or what a retry must repeat.
  const early = proposed.early ? { early: proposed.early } : {};
  const entry = { ...entryOf(proposed), ...early, act: act.value };
  const isTask = proposed.taskMs === undefined ? {} : { isTask: true };
  const effect = { kind: 'act', act: act.value, proposer, ...isTask } as const;
  return start(room, entry, (callId) => ({ ...effect, callId }));
}

function takeList(state: State, proposed: Proposed): Step {
  const { request, params } = proposed;
  // The whole list is one page, so no cursor was ever given out.
  if (params['cursor'] !== undefined) return refuse(state, request, invalid('unknown cursor'));
  const list = LISTS.get(request.method)?.list ?? 'tools';
  return start(state, entryOf(proposed), (callId) => ({ kind: 'list', callId, list }));
}

type NewEntry = Omit<InFlight, 'callId' | 'cancelled'>;

function entryOf({ request, params, proposer, logLevel, taskMs }: Proposed): NewEntry {
  const { from, id, method, byteCount } = request;
  const { era, capabilities } = proposer;
  const level = logLevel === undefined ? {} : { logLevel };
  const task = taskMs === undefined ? {} : { taskMs };
  const told = { ...level, ...task, ...progressTokenOf(params) };
  return { from, id, method, byteCount, era, capabilities, ...told };
}

/** Of the ended tasks the oldest makes room; undefined where none has ended. */
export function makeRoom(state: State): State | undefined {
  if (state.tasks.length < MAX_TASKS) return state;
  const oldest = state.tasks.find(({ ended }) => ended !== undefined);
  return oldest && { ...state, tasks: state.tasks.filter((each) => each !== oldest) };
}

/** `effectOf`: what the daemon is to do about it, where there is anything. */
export function start(state: State, entry: NewEntry, effectOf?: (callId: string) => Effect): Step {
  if (isFull(state, entry.byteCount)) {
    const error = named(SERVER_ERROR, 'gateway.too_many_calls');
    if (entry.id === undefined) return { state, effects: [] };
    return refuse(state, { from: entry.from, id: entry.id }, error);
  }
  const callId = `call_${state.nextCall}`;
  const inFlight = [...state.inFlight, { ...entry, callId, cancelled: false }];
  return {
    state: { ...state, inFlight, nextCall: state.nextCall + 1 },
    effects: effectOf ? [effectOf(callId)] : [],
  };
}

/** Acts that wait for a retry are bounded by themselves. */
export function isFull(state: State, byteCount: number): boolean {
  const working = state.inFlight.filter((entry) => !isWaiting(entry));
  const held = state.inFlight.reduce((sum, each) => sum + each.byteCount, byteCount);
  return working.length >= MAX_CALLS || held > MAX_BYTES_IN_FLIGHT;
}

export function isWaiting(entry: InFlight): boolean {
  return entry.id === undefined && entry.questions !== undefined && entry.task === undefined;
}
