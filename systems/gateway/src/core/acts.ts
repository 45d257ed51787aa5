import { err, ok, type Result } from '@ioi/basis';
import { INVALID_PARAMS, isObject, type JsonObject, type RpcError, type RpcId } from '@ioi/jsonrpc';
import { ACT_METHODS, type Act, type ActMethod, type ListKind } from './backend.ts';
import { invalid, LONGEST_NAME, named } from './errors.ts';

type Read = Result<Act, RpcError>;

/** Which list a method asks for, and under which name its items are answered. */
export const LISTS: ReadonlyMap<string, { readonly list: ListKind; readonly items: string }> =
  new Map([
    ['tools/list', { list: 'tools', items: 'tools' }],
    ['resources/list', { list: 'resources', items: 'resources' }],
    ['resources/templates/list', { list: 'resource_templates', items: 'resourceTemplates' }],
    ['prompts/list', { list: 'prompts', items: 'prompts' }],
  ] as const);

const LONGEST_TOKEN = 256;
/** Neither of the act nor of the server: they belong to the request that carries it. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set([
  '_meta',
  'inputResponses',
  'requestState',
  'task',
]);
const PROTOCOL_PREFIX = 'io.modelcontextprotocol/';

export function isActMethod(method: string): method is ActMethod {
  return ACT_METHODS.some((known) => known === method);
}

/** What a server has to offer for a method to be carried at all. */
export function needsOffer(method: string): string {
  if (method.startsWith('completion/')) return 'completions';
  return method.slice(0, method.indexOf('/'));
}

/** From the parameters of a request to the act it proposes. */
export function actOf(method: ActMethod, params: JsonObject): Read {
  const fault = FAULTS[method](params);
  if (fault !== undefined) return err(fault);
  const kept = Object.entries(params).filter(([name]) => !OF_THE_REQUEST.has(name));
  const given = method === 'tools/call' && params['arguments'] === undefined;
  const own = Object.fromEntries(given ? [...kept, ['arguments', {}]] : kept) as JsonObject;
  const meta = metaOf(params);
  return ok({ method, params: own, ...(meta === undefined ? {} : { meta }) });
}

/** The client's own progress token, where it is one. */
export function progressTokenOf(params: JsonObject): { readonly progressToken?: RpcId } {
  const token = isObject(params['_meta']) ? params['_meta']['progressToken'] : undefined;
  const isToken =
    (typeof token === 'string' && token.length <= LONGEST_TOKEN) || Number.isSafeInteger(token);
  return isToken ? { progressToken: token as RpcId } : {};
}

const PROTOCOL_FIELDS: ReadonlySet<string> = new Set([
  `${PROTOCOL_PREFIX}protocolVersion`,
  `${PROTOCOL_PREFIX}clientInfo`,
  `${PROTOCOL_PREFIX}clientCapabilities`,
  `${PROTOCOL_PREFIX}logLevel`,
  'progressToken',
]);

function metaOf(params: JsonObject): JsonObject | undefined {
  if (!isObject(params['_meta'])) return undefined;
  const kept = Object.entries(params['_meta']).filter(([name]) => !PROTOCOL_FIELDS.has(name));
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as JsonObject);
}

type Check = (params: JsonObject) => RpcError | undefined;

const FAULTS: { readonly [method in ActMethod]: Check } = {
  'tools/call': (params) => faultOfNamed(params, () => true),
  'prompts/get': (params) => faultOfNamed(params, (value) => typeof value === 'string'),
  'resources/read': faultOfUri,
  'resources/subscribe': faultOfUri,
  'resources/unsubscribe': faultOfUri,
  'completion/complete': faultOfCompletion,
};

function faultOfNamed(params: JsonObject, fits: (value: unknown) => boolean): RpcError | undefined {
  const { name } = params;
  if (typeof name !== 'string' || name === '') return invalid('name must be a text');
  const given = params['arguments'] ?? {};
  if (!isObject(given)) return invalid('arguments must be an object');
  // Names stand in the log as they are, past forgetting; what is said belongs into values.
  if ([name, ...Object.keys(given)].some((each) => each.length > LONGEST_NAME)) {
    return named(INVALID_PARAMS, 'gateway.name_too_long');
  }
  return Object.values(given).every(fits) ? undefined : invalid('arguments must be texts');
}

function faultOfUri({ uri }: JsonObject): RpcError | undefined {
  return typeof uri === 'string' && uri !== '' ? undefined : invalid('uri must be a text');
}

function faultOfCompletion({ ref, argument }: JsonObject): RpcError | undefined {
  if (!isObject(ref)) return invalid('ref must be an object');
  const isPrompt = ref['type'] === 'ref/prompt' && typeof ref['name'] === 'string';
  const isResource = ref['type'] === 'ref/resource' && typeof ref['uri'] === 'string';
  if (!isPrompt && !isResource) return invalid('ref must name a prompt or a resource');
  if (!isObject(argument)) return invalid('argument must be an object');
  const { name, value } = argument;
  if (typeof name !== 'string' || typeof value !== 'string') {
    return invalid('argument must have a name and a value');
  }
  const names = isPrompt ? [name, ref['name']] : [name];
  const isLong = names.some((each) => String(each).length > LONGEST_NAME);
  return isLong ? named(INVALID_PARAMS, 'gateway.name_too_long') : undefined;
}
