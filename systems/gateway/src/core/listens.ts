import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, notificationLine, type RpcId, resultLine } from '@ioi/jsonrpc';
import type { Answer, Notice, Proposer } from './backend.ts';
import { CANNOT_FOLLOW, canFollow } from './client.ts';
import { invalid, named, refuse, SERVER_ERROR } from './errors.ts';
import { complete } from './results.ts';
import {
  type Effect,
  type InFlight,
  type Listen,
  MAX_LISTENS,
  MAX_SUBSCRIPTIONS,
  remove,
  type SendEffect,
  type State,
  type Step,
  sequence,
} from './state.ts';
import { isFull, type Proposed, start } from './work.ts';

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';
const LISTS = ['tools', 'prompts', 'resources'] as const;

/**
 * `subscriptions/listen`: a stream of the notifications that the client names and the servers
 * offer. Each resource is a subscription the daemon decides on like any act; the stream is
 * acknowledged, with those it granted, before anything else is sent on it.
 */
export function listen(state: State, proposed: Proposed): Step {
  const { request, params, proposer } = proposed;
  const filter = params['notifications'];
  if (!isObject(filter)) return refuse(state, request, invalid('notifications must be an object'));
  const wanted = filter['resourceSubscriptions'] ?? [];
  if (!Array.isArray(wanted) || !wanted.every((uri) => typeof uri === 'string' && uri !== '')) {
    return refuse(state, request, invalid('resourceSubscriptions must be texts'));
  }
  const uris = canSubscribe(state) ? [...new Set(wanted as string[])] : [];
  if (state.listens.length >= MAX_LISTENS) {
    return refuse(state, request, named(SERVER_ERROR, 'gateway.too_many_listens'));
  }
  if (uris.length > MAX_SUBSCRIPTIONS) {
    return refuse(state, request, named(SERVER_ERROR, 'gateway.too_many_subscriptions'));
  }
  const { taskIds = [] } = filter;
  const isNamed = Array.isArray(taskIds) && taskIds.every((each) => typeof each === 'string');
  if (!isNamed) return refuse(state, request, invalid('taskIds must be texts'));
  if (taskIds.length > 0 && !canFollow(proposer.capabilities)) {
    return refuse(state, request, CANNOT_FOLLOW, 400);
  }
  const tasks = state.tasks.map(({ taskId }) => taskId).filter((each) => taskIds.includes(each));
  const lists = LISTS.filter(
    (list) => filter[`${list}ListChanged`] === true && announces(state, list),
  );
  const listenId = `listen_${state.nextCall}`;
  const { id, from } = request;
  const undecided = uris.length;
  const added: Listen = { listenId, from, id, lists, resources: [], tasks, undecided };
  const opened = { ...state, listens: [...state.listens, added], nextCall: state.nextCall + 1 };
  if (uris.length === 0) return { state: opened, effects: [acknowledgement(added)] };
  return sequence(
    opened,
    uris.map((uri) => (current: State) => subscribe(current, { listenId, uri }, proposer)),
  );
}

function subscribe(
  state: State,
  wanted: { readonly listenId: string; readonly uri: string },
  proposer: Proposer,
): Step {
  if (isFull(state, 0)) return decide(state, wanted, false);
  const act = { method: 'resources/subscribe', params: { uri: wanted.uri } } as const;
  const entry = work(state, wanted, proposer.capabilities);
  return start(state, { ...entry, method: act.method }, (callId) => ({
    kind: 'act',
    callId,
    act,
    proposer,
  }));
}

function work(
  state: State,
  listen: NonNullable<InFlight['listen']>,
  capabilities: JsonObject,
): Omit<InFlight, 'callId' | 'cancelled' | 'method'> {
  const from = state.listens.find((each) => each.listenId === listen.listenId)?.from ?? '';
  return { from, era: 'stateless', byteCount: 0, capabilities, listen };
}

/** The end of a subscription that a stream of notifications wanted, or of its release. */
export function finishListenWork(state: State, entry: InFlight, answer: Answer): Step {
  const next = remove(state, entry.callId);
  if (entry.listen === undefined || entry.method === 'resources/unsubscribe') {
    return { state: next, effects: [] };
  }
  const { listenId, uri } = entry.listen;
  const isGranted = answer.kind === 'result';
  if (next.listens.some((each) => each.listenId === listenId)) {
    return decide(next, entry.listen, isGranted);
  }
  return isGranted ? release(next, [uri]) : { state: next, effects: [] };
}

function decide(
  state: State,
  { listenId, uri }: { readonly listenId: string; readonly uri: string },
  isGranted: boolean,
): Step {
  const found = state.listens.find((each) => each.listenId === listenId);
  if (found === undefined) return { state, effects: [] };
  const resources = isGranted ? [...found.resources, uri] : found.resources;
  const decided: Listen = { ...found, resources, undecided: found.undecided - 1 };
  const listens = state.listens.map((each) => (each === found ? decided : each));
  const effects = decided.undecided === 0 ? [acknowledgement(decided)] : [];
  return { state: { ...state, listens }, effects };
}

/** The client wants no more of it. */
export function unlisten(state: State, listen: Listen): Step {
  const listens = state.listens.filter((each) => each.listenId !== listen.listenId);
  return release({ ...state, listens }, listen.resources);
}

/** What no stream listens to any more need not be watched. */
function release(state: State, uris: readonly string[]): Step {
  const idle = uris.filter((uri) => !state.listens.some((each) => each.resources.includes(uri)));
  const proposer: Proposer = { era: 'stateless', capabilities: {} };
  return sequence(
    state,
    idle.map((uri) => (current: State) => {
      const act = { method: 'resources/unsubscribe', params: { uri } } as const;
      const entry = { ...work(current, { listenId: '', uri }, {}), method: act.method };
      return start(current, entry, (callId) => ({ kind: 'act', callId, act, proposer }));
    }),
  );
}

/** To every stream that asked for it and has been acknowledged. */
export function announceToListens(state: State, notice: Notice): SendEffect[] {
  return state.listens.flatMap((each): SendEffect[] => {
    if (each.undecided > 0) return [];
    if (notice.kind === 'list_changed' && each.lists.includes(notice.list)) {
      return [tell(each, `notifications/${notice.list}/list_changed`, {})];
    }
    if (notice.kind !== 'resource_updated' || !covers(each.resources, notice.params)) return [];
    return [tell(each, 'notifications/resources/updated', notice.params)];
  });
}

/** To every stream that listens for the task; `params` are those of what `tasks/get` answers. */
export function announceTask(state: State, taskId: string, params: () => JsonObject): SendEffect[] {
  const listening = state.listens.filter(({ tasks, undecided }) => {
    return undecided === 0 && tasks.includes(taskId);
  });
  return listening.map((each) => tell(each, 'notifications/tasks', params()));
}

/** An update may be of a part of what was subscribed to (MCP, resources). */
export function covers(subscribed: readonly string[], { uri }: JsonObject): boolean {
  if (typeof uri !== 'string') return false;
  return subscribed.some((each) => {
    return uri === each || uri.startsWith(each.endsWith('/') ? each : `${each}/`);
  });
}

/** The end of a stream that this side ends, said on it (MCP 2026-07-28, graceful closure). */
export function farewell(state: State): Effect[] {
  return state.listens.map(({ id, from: to }): Effect => {
    const result = { _meta: { [SUBSCRIPTION_ID]: id } };
    const said = complete(result, { method: 'subscriptions/listen', offer: state.offer });
    return { kind: 'send', line: resultLine(id, said), to, last: true };
  });
}

function acknowledgement(listen: Listen): SendEffect {
  const lists = listen.lists.map((list): [string, Json] => [`${list}ListChanged`, true]);
  const { resources, tasks } = listen;
  const watched = resources.length === 0 ? {} : { resourceSubscriptions: [...resources] };
  const followed = tasks.length === 0 ? {} : { taskIds: [...tasks] };
  const notifications = { ...Object.fromEntries(lists), ...watched, ...followed };
  return tell(listen, 'notifications/subscriptions/acknowledged', { notifications });
}

function tell({ id, from: to }: Listen, method: string, params: JsonObject): SendEffect {
  const line = notificationLine(method, tagged(params, id));
  return { kind: 'send', line, to, last: false };
}

function tagged(params: JsonObject, id: RpcId): JsonObject {
  const meta = isObject(params['_meta']) ? params['_meta'] : {};
  return { ...params, _meta: { ...meta, [SUBSCRIPTION_ID]: id } };
}

export function announces(state: State, list: string): boolean {
  const capability = state.offer.capabilities[list];
  return isObject(capability) && capability['listChanged'] === true;
}

function canSubscribe(state: State): boolean {
  const { resources } = state.offer.capabilities;
  return isObject(resources) && resources['subscribe'] === true;
}
