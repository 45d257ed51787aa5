import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { InputRequest, InputRequests, InputResponse, InputResponses } from '@ioi/protocol';

const METHOD_NOT_FOUND = -32601;
const SERVER_ERROR = -32000;

const MEANINGS = {
  'gateway.ask_unknown': 'Clients cannot be asked for this.',
  'gateway.capability_missing': 'The client has not declared that it can be asked for this.',
  'gateway.cannot_ask': 'During such a request the client cannot be asked.',
  'gateway.too_many_asks': 'The client is already asked for too much.',
  'gateway.ask_expired': 'The client did not respond in time.',
  'gateway.nobody_to_ask': 'The client does not wait for this any more.',
} as const;

type Refusal = keyof typeof MEANINGS;

/** An answer of ours in place of the client's: a server sees that it was not asked. */
export function refusal(name: Refusal): InputResponse {
  const isUnknown = name === 'gateway.ask_unknown' || name === 'gateway.capability_missing';
  const code = isUnknown ? METHOD_NOT_FOUND : SERVER_ERROR;
  return { kind: 'error', error: { code, message: MEANINGS[name], data: { code: name } } };
}

export function refuseAll(requests: InputRequests, name: Refusal): InputResponses {
  return Object.fromEntries(Object.keys(requests).map((each) => [each, refusal(name)]));
}

/** A client must never be asked for what it has not declared (MCP, client features). */
export function sort(
  requests: InputRequests,
  capabilities: JsonObject,
): { readonly granted: InputRequests; readonly refused: InputResponses } {
  const granted: [string, InputRequest][] = [];
  const refused: [string, InputResponse][] = [];
  for (const [name, request] of Object.entries(requests)) {
    const fault = faultOf(request, capabilities);
    if (fault === undefined) granted.push([name, request]);
    else refused.push([name, refusal(fault)]);
  }
  return { granted: Object.fromEntries(granted), refused: Object.fromEntries(refused) };
}

function faultOf(request: InputRequest, capabilities: JsonObject): Refusal | undefined {
  const params = request.params ?? {};
  switch (request.method) {
    case 'roots/list':
      return declared(isObject(capabilities['roots']));
    case 'sampling/createMessage':
      return declared(canSample(params, capabilities['sampling']));
    case 'elicitation/create':
      return declared(canElicit(params, capabilities['elicitation']));
    default:
      return 'gateway.ask_unknown';
  }
}

function declared(isDeclared: boolean): Refusal | undefined {
  return isDeclared ? undefined : 'gateway.capability_missing';
}

function canSample(params: Json, sampling: Json | undefined): boolean {
  if (!isObject(sampling) || !isObject(params)) return false;
  const hasTools = params['tools'] !== undefined || params['toolChoice'] !== undefined;
  return !hasTools || isObject(sampling['tools']);
}

/** A client that names no mode can show forms (MCP 2025-11-25, elicitation). */
function canElicit(params: Json, elicitation: Json | undefined): boolean {
  if (!isObject(elicitation) || !isObject(params)) return false;
  const { form, url } = elicitation;
  if (params['mode'] === 'url') return isObject(url);
  return isObject(form) || url === undefined;
}
