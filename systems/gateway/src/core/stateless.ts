import {
  INVALID_PARAMS,
  isObject,
  type JsonObject,
  methodNotFound,
  type RpcError,
  resultLine,
} from '@ioi/jsonrpc';
import type { Proposer } from './backend.ts';
import { carried, clientOf } from './client.ts';
import { DUPLICATE, invalid, named, refuse, UNSUPPORTED_VERSION } from './errors.ts';
import { isLevel } from './levels.ts';
import { listen } from './listens.ts';
import { complete } from './results.ts';
import { findById, type Request, STATELESS_VERSIONS, type State, type Step } from './state.ts';
import { takeStatelessTasks } from './task-requests.ts';
import { isRetry, responsesOf, retry } from './waiting.ts';
import { type Proposed, takeWork } from './work.ts';

const PREFIX = 'io.modelcontextprotocol/';
const VERSION = `${PREFIX}protocolVersion`;

/** Methods of the earlier era that this one has removed. */
const REMOVED: readonly string[] = ['resources/subscribe', 'resources/unsubscribe'];

const TASK_METHODS: readonly string[] = ['tasks/get', 'tasks/update', 'tasks/cancel'];

/** Whether a request says of itself which revision it speaks, as those of this era do. */
export function saysVersion(request: Request): boolean {
  return versionOf(request) !== undefined;
}

/** The revision a request claims to speak. */
export function versionOf({ params }: Pick<Request, 'params'>): string | undefined {
  const meta = isObject(params) ? params['_meta'] : undefined;
  const version = isObject(meta) ? meta[VERSION] : undefined;
  return typeof version === 'string' ? version : undefined;
}

/** A request of MCP 2026-07-28, with everything that is needed to serve it. */
export function takeStateless(state: State, request: Request): Step {
  const { from, id, method } = request;
  const isTaken = state.listens.some((each) => each.from === from && each.id === id);
  if (isTaken || findById(state, from, id)) return refuse(state, request, DUPLICATE, 400);
  const proposed = readMeta(request);
  if ('error' in proposed) return refuse(state, request, proposed.error, 400);
  if (method === 'server/discover') return discover(state, proposed);
  if (method === 'subscriptions/listen') return listen(state, proposed);
  if (REMOVED.includes(method)) return refuse(state, request, methodNotFound(method), 404);
  if (TASK_METHODS.includes(method)) return takeStatelessTasks(state, proposed);
  if (isRetry(method, proposed.params)) return retry(state, proposed);
  const early = responsesOf(proposed.params);
  if (early === undefined) {
    return refuse(state, request, named(INVALID_PARAMS, 'gateway.responses_invalid'));
  }
  return takeWork(state, Object.keys(early).length === 0 ? proposed : { ...proposed, early });
}

function discover(state: State, { request }: Proposed): Step {
  const { offer } = state;
  const { id, method, from: to } = request;
  const result = {
    supportedVersions: [...STATELESS_VERSIONS],
    capabilities: carried(offer, STATELESS_VERSIONS[0]),
    ...(offer.instructions === undefined ? {} : { instructions: offer.instructions }),
  };
  const line = resultLine(id, complete(result, { method, offer }));
  return { state, effects: [{ kind: 'send', line, to, last: true }] };
}

/** What every request has to say of itself (MCP 2026-07-28, `_meta`). */
function readMeta(request: Request): Proposed | { readonly error: RpcError } {
  const params = request.params ?? {};
  if (!isObject(params)) return { error: invalid('params must be an object') };
  const meta = params['_meta'];
  if (!isObject(meta)) return { error: invalid('_meta must be an object') };
  const requested = meta[VERSION];
  if (typeof requested !== 'string') return { error: invalid(`_meta must have ${VERSION}`) };
  if (!STATELESS_VERSIONS.some((known) => known === requested)) {
    return { error: unsupported(requested) };
  }
  const capabilities = meta[`${PREFIX}clientCapabilities`];
  if (!isObject(capabilities)) {
    return { error: invalid(`_meta must have ${PREFIX}clientCapabilities`) };
  }
  const logLevel = meta[`${PREFIX}logLevel`];
  if (logLevel !== undefined && !isLevel(logLevel)) {
    return { error: invalid('logLevel is not a log level') };
  }
  const proposer: Proposer = {
    era: 'stateless',
    capabilities,
    ...clientOf(meta[`${PREFIX}clientInfo`]),
  };
  const level = logLevel === undefined ? {} : { logLevel };
  return { request, params: params as JsonObject, proposer, ...level };
}

export function unsupported(requested: string): RpcError {
  const data = { supported: [...STATELESS_VERSIONS], requested: requested.slice(0, 64) };
  return { code: UNSUPPORTED_VERSION, message: 'Unsupported protocol version', data };
}
