import type { Json } from '@ioi/canon';
import {
  INVALID_REQUEST,
  isObject,
  type JsonObject,
  methodNotFound,
  resultLine,
} from '@ioi/jsonrpc';
import { carried, clientOf, hasTasks } from './client.ts';
import { DUPLICATE, invalid, named, refuse } from './errors.ts';
import { isLevel } from './levels.ts';
import {
  findById,
  type Request,
  SHORTEST_TASK_MS,
  STATEFUL_VERSIONS,
  type State,
  type Step,
  TASK_MS,
} from './state.ts';
import { takeSessionTasks } from './task-requests.ts';
import { isOffered, takeWork } from './work.ts';

type Handler = (state: State, request: Request, params: JsonObject) => Step;

/** What is answered at once. Lists and acts are work; everything else is `-32601`. */
const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['initialize', initialize],
  ['ping', ping],
  ['logging/setLevel', setLevel],
  ['tasks/get', takeSessionTasks],
  ['tasks/result', takeSessionTasks],
  ['tasks/list', takeSessionTasks],
  ['tasks/cancel', takeSessionTasks],
]);
const BEFORE_INITIALIZE: ReadonlySet<string> = new Set(['initialize', 'ping']);

/** A request of a session (MCP 2025-11-25 and older). */
export function takeRequest(state: State, request: Request): Step {
  const { method } = request;
  if (!HANDLERS.has(method) && !isOffered(state, method)) {
    return refuse(state, request, methodNotFound(method));
  }
  if (findById(state, request.from, request.id) !== undefined) {
    return refuse(state, request, DUPLICATE);
  }
  if (state.phase === 'opened' && !BEFORE_INITIALIZE.has(method)) {
    return refuse(state, request, named(INVALID_REQUEST, 'gateway.not_initialized'));
  }
  const params = request.params ?? {};
  if (!isObject(params)) return refuse(state, request, invalid('params must be an object'));
  const handler = HANDLERS.get(method);
  if (handler !== undefined) return handler(state, request, params);
  const { capabilities = {}, client } = state;
  const proposer = { era: 'stateful', capabilities, ...(client ? { client } : {}) } as const;
  const task = hasTasks(state) && method === 'tools/call' ? params['task'] : undefined;
  const taskMs = isObject(task) ? taskMsOf(task) : undefined;
  const asked = taskMs === undefined ? {} : { taskMs };
  return takeWork(state, { request, params, proposer, ...asked });
}

/** How long a client wants a task to be kept, in milliseconds. */
function taskMsOf({ ttl }: JsonObject): number {
  const asked = typeof ttl === 'number' ? Math.ceil(ttl) : TASK_MS;
  return Math.min(Math.max(asked, SHORTEST_TASK_MS), TASK_MS);
}

/** MCP lifecycle: the client's version when it is one of ours, else our newest. */
function initialize(state: State, request: Request, params: JsonObject): Step {
  if (state.phase !== 'opened') {
    return refuse(state, request, named(INVALID_REQUEST, 'gateway.already_initialized'));
  }
  const asked = params['protocolVersion'];
  if (typeof asked !== 'string') {
    return refuse(state, request, invalid('protocolVersion must be a string'));
  }
  const protocolVersion =
    STATEFUL_VERSIONS.find((version) => version === asked) ?? STATEFUL_VERSIONS[0];
  const { serverInfo, instructions } = state.offer;
  const result = {
    protocolVersion,
    capabilities: carried(state.offer, protocolVersion),
    serverInfo,
    ...(instructions === undefined ? {} : { instructions }),
  };
  const declared = isObject(params['capabilities']) ? params['capabilities'] : {};
  const next: State = {
    ...state,
    phase: 'initialized',
    protocolVersion,
    capabilities: declared,
    ...clientOf(params['clientInfo']),
  };
  return answer(next, request, result);
}

function ping(state: State, request: Request): Step {
  return answer(state, request, {});
}

function setLevel(state: State, request: Request, params: JsonObject): Step {
  if (!isObject(state.offer.capabilities['logging'])) {
    return refuse(state, request, methodNotFound(request.method));
  }
  const { level } = params;
  if (!isLevel(level)) return refuse(state, request, invalid('level is not a log level'));
  return answer({ ...state, logLevel: level }, request, {});
}

function answer(state: State, { id, from: to }: Request, result: Json): Step {
  return { state, effects: [{ kind: 'send', line: resultLine(id, result), to, last: true }] };
}
