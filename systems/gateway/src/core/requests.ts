import type { Json } from '@ioi/canon';
import {
  errorLine,
  INVALID_PARAMS,
  INVALID_REQUEST,
  isObject,
  type JsonObject,
  type Message,
  methodNotFound,
  type RpcError,
  type RpcId,
  resultLine,
} from '@ioi/jsonrpc';
import {
  type Effect,
  findById,
  type InFlight,
  MAX_BYTES_IN_FLIGHT,
  MAX_CALLS,
  PROTOCOL_VERSIONS,
  type SessionState,
  type Step,
} from './session.ts';

type Request = Extract<Message, { kind: 'request' }> & { readonly byteCount: number };
type Handler = (state: SessionState, request: Request, params: JsonObject) => Step;

const LOG_LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];
const LONGEST_NAME = 128;

/** Implementation-defined, as JSON-RPC 2.0 reserves it; `data.code` says which. */
const SERVER_ERROR = -32000;

/** What this door carries. Everything else is `-32601`, on which clients fall back. */
const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['initialize', initialize],
  ['ping', ping],
  ['tools/list', listTools],
  ['tools/call', callTool],
  ['logging/setLevel', setLevel],
]);
const BEFORE_INITIALIZE: ReadonlySet<string> = new Set(['initialize', 'ping']);

export function takeRequest(state: SessionState, request: Request): Step {
  const handler = HANDLERS.get(request.method);
  if (handler === undefined) return refuse(state, request.id, methodNotFound(request.method));
  if (findById(state, request.id) !== undefined) {
    return refuse(state, request.id, named(INVALID_REQUEST, 'gateway.duplicate_id'));
  }
  if (state.phase === 'opened' && !BEFORE_INITIALIZE.has(request.method)) {
    return refuse(state, request.id, named(INVALID_REQUEST, 'gateway.not_initialized'));
  }
  const params = request.params ?? {};
  if (!isObject(params)) return refuse(state, request.id, invalid('params must be an object'));
  return handler(state, request, params);
}

/** MCP lifecycle: the client's version when it is one of ours, else our newest. */
function initialize(state: SessionState, request: Request, params: JsonObject): Step {
  if (state.phase !== 'opened') {
    return refuse(state, request.id, named(INVALID_REQUEST, 'gateway.already_initialized'));
  }
  const asked = params['protocolVersion'];
  if (typeof asked !== 'string') {
    return refuse(state, request.id, invalid('protocolVersion must be a string'));
  }
  const protocolVersion =
    PROTOCOL_VERSIONS.find((version) => version === asked) ?? PROTOCOL_VERSIONS[0];
  const { server, instructions } = state;
  const result = {
    protocolVersion,
    capabilities: { tools: { listChanged: true }, logging: {} },
    serverInfo: { ...server },
    ...(instructions === undefined ? {} : { instructions }),
  };
  const next = { ...state, phase: 'initialized' as const, protocolVersion, ...clientOf(params) };
  return answer(next, request.id, result);
}

/** What the client says it is: shown to people, never trusted for anything. */
function clientOf(params: JsonObject): Pick<SessionState, 'client'> {
  const info = params['clientInfo'];
  if (!isObject(info)) return {};
  const { name, version } = info;
  if (typeof name !== 'string' || typeof version !== 'string') return {};
  return { client: { name: name.slice(0, LONGEST_NAME), version: version.slice(0, LONGEST_NAME) } };
}

function ping(state: SessionState, request: Request): Step {
  return answer(state, request.id, {});
}

function setLevel(state: SessionState, request: Request, params: JsonObject): Step {
  const { level } = params;
  if (typeof level !== 'string' || !LOG_LEVELS.includes(level)) {
    return refuse(state, request.id, invalid('level is not a log level'));
  }
  return answer({ ...state, logLevel: level }, request.id, {});
}

function listTools(state: SessionState, request: Request, params: JsonObject): Step {
  // The whole list is one page, so no cursor was ever given out.
  if (params['cursor'] !== undefined) return refuse(state, request.id, invalid('unknown cursor'));
  const entry = { id: request.id, kind: 'list' as const, byteCount: request.byteCount };
  return start(state, entry, (callId) => ({ kind: 'list', callId }));
}

function callTool(state: SessionState, request: Request, params: JsonObject): Step {
  const { name } = params;
  if (typeof name !== 'string' || name === '') {
    return refuse(state, request.id, invalid('name must be a text'));
  }
  const given = params['arguments'] ?? {};
  if (!isObject(given)) return refuse(state, request.id, invalid('arguments must be an object'));
  // Names stand in the log as they are, past forgetting; what is said belongs into values.
  if ([name, ...Object.keys(given)].some((each) => each.length > LONGEST_NAME)) {
    return refuse(state, request.id, named(INVALID_PARAMS, 'gateway.name_too_long'));
  }
  const token = isObject(params['_meta']) ? params['_meta']['progressToken'] : undefined;
  const hasToken =
    (typeof token === 'string' && token.length <= 256) || Number.isSafeInteger(token);
  const progress = hasToken ? { progressToken: token as RpcId } : {};
  const { id, byteCount } = request;
  const entry = { id, kind: 'call' as const, byteCount, ...progress };
  return start(state, entry, (callId) => ({
    kind: 'call',
    callId,
    name,
    arguments: given,
    ...progress,
  }));
}

function start(
  state: SessionState,
  entry: Omit<InFlight, 'callId' | 'cancelled'>,
  effectOf: (callId: string) => Effect,
): Step {
  const held = state.inFlight.reduce((sum, each) => sum + each.byteCount, entry.byteCount);
  if (state.inFlight.length >= MAX_CALLS || held > MAX_BYTES_IN_FLIGHT) {
    return refuse(state, entry.id, named(SERVER_ERROR, 'gateway.too_many_calls'));
  }
  const callId = `call_${state.nextCall}`;
  const inFlight = [...state.inFlight, { ...entry, callId, cancelled: false }];
  return {
    state: { ...state, inFlight, nextCall: state.nextCall + 1 },
    effects: [effectOf(callId)],
  };
}

function answer(state: SessionState, id: RpcId, result: Json): Step {
  return { state, effects: [{ kind: 'send', line: resultLine(id, result) }] };
}

function refuse(state: SessionState, id: RpcId, error: RpcError): Step {
  return { state, effects: [{ kind: 'send', line: errorLine(id, error) }] };
}

function invalid(message: string): RpcError {
  return { code: INVALID_PARAMS, message: `Invalid params: ${message}` };
}

const MEANINGS = {
  'gateway.duplicate_id': 'A request with this id is still in flight.',
  'gateway.not_initialized': 'The session is not initialized.',
  'gateway.already_initialized': 'The session is already initialized.',
  'gateway.too_many_calls': `More than ${MAX_CALLS} calls, or 64 MiB of them, in flight.`,
  'gateway.name_too_long': `A tool or an argument has a name of over ${LONGEST_NAME} characters.`,
} as const;

function named(code: number, name: keyof typeof MEANINGS): RpcError {
  return { code, message: MEANINGS[name], data: { code: name } };
}
