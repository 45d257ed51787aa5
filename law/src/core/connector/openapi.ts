import { err, ok, type Result } from '@ioi/basis';
import type { ConnectorManifest, Rejection } from '@ioi/protocol';
import { boundsOf } from './methods.ts';
import {
  beginOperation,
  follow,
  freshRoom,
  isMembers,
  plainSchema,
  type Within,
} from './openapi-schema.ts';
import {
  type ConnectorTool,
  HTTP_KEYWORD,
  type HttpMethod,
  type HttpOperation,
  type HttpParameter,
  METHODS,
} from './operation.ts';

export type LeftOut = { readonly operation: string; readonly code: string; readonly why: string };

export type ReadConnector = {
  readonly version: string;
  /** The first server that the document names, as it does. */
  readonly serverUrl: string | undefined;
  readonly tools: readonly ConnectorTool[];
  /** What is not understood, and what the manifest does not let anybody do. */
  readonly leftOut: readonly LeftOut[];
};

type Members = Readonly<Record<string, unknown>>;
type Reading = Within & { readonly manifest: ConnectorManifest };
type Place = { readonly method: HttpMethod; readonly path: string; readonly shared: unknown };

const MAX_TOOLS = 512;
const LONGEST_NAME = 64;
/** Of the connection, of the credential, and of what is sent along with a body. */
const OWN_HEADERS = [
  /^(authorization|cookie|host|connection|te|trailer|upgrade|keep-alive|expect|date|via)$/,
  /^(accept|content|proxy|transfer|forwarded|x-amz|x-forwarded|ioi)(-|$)/,
  // By which a server takes a request for another one than it is.
  /^x-(http-method(-override)?|method(-override)?|original-(url|method)|rewrite-url|real-ip)$/,
];

/**
 * The operations of an OpenAPI 3.0 or 3.1 document that can be understood, each as a tool; all
 * others are left out by name. Refuses a document of any other kind.
 */
export function readOpenapi(
  document: unknown,
  manifest: ConnectorManifest,
): Result<ReadConnector, Rejection> {
  if (!isMembers(document)) return refuse('an OpenAPI document is an object');
  const { openapi, info, paths, servers } = document;
  if (typeof openapi !== 'string' || !/^3\.[01]\.\d+$/.test(openapi)) {
    return refuse('only OpenAPI 3.0 and 3.1 are understood');
  }
  if (!isMembers(paths)) return refuse('the document has no paths');
  const reading = { document, manifest, room: freshRoom() };
  const tools: ConnectorTool[] = [];
  const leftOut: LeftOut[] = [];
  for (const [path, item] of Object.entries(paths)) {
    const followed = follow(document, item);
    for (const method of METHODS) {
      const found = followed.ok ? followed.value[method.toLowerCase()] : undefined;
      if (!followed.ok || found === undefined) continue;
      const place = { method, path, shared: followed.value['parameters'] };
      const tool = toolOf(found, place, reading);
      const isTaken = tool.ok && tools.some(({ name }) => name === tool.value.name);
      const operation = `${method} ${path}`;
      if (tool.ok && !isTaken) tools.push(tool.value);
      else if (tool.ok)
        leftOut.push({ operation, code: 'connector.name_taken', why: tool.value.name });
      else leftOut.push({ operation, code: tool.error.code, why: tool.error.message });
    }
  }
  if (tools.length > MAX_TOOLS) return refuse(`it has more than ${MAX_TOOLS} operations`);
  const version = isMembers(info) && typeof info['version'] === 'string' ? info['version'] : '0';
  const [first] = Array.isArray(servers) ? servers : [];
  const serverUrl = isMembers(first) && typeof first['url'] === 'string' ? first['url'] : undefined;
  return ok({ version: version.slice(0, 64) || '0', serverUrl, tools, leftOut });
}

function toolOf(given: unknown, place: Place, reading: Reading): Result<ConnectorTool, Rejection> {
  const { method, path, shared } = place;
  beginOperation(reading.room);
  const bounds = boundsOf(reading.manifest, method, path);
  if (bounds === undefined) {
    return err({ code: 'connector.method_denied', message: 'the manifest does not offer it' });
  }
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[?#]|\/\.{1,2}(\/|$)/.test(path)) {
    return refuse('its path is none');
  }
  if (!isMembers(given)) return refuse('it is no object');
  const { operationId, summary, description, requestBody, servers } = given;
  if (servers !== undefined) return refuse('it has servers of its own');
  const inputs = inputsOf([shared, given['parameters']], reading);
  if (!inputs.ok) return inputs;
  const body = bodyOf(requestBody, inputs.value, reading);
  if (!body.ok) return body;
  const { properties, required, parameters } = body.value;
  const named = [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name);
  const unnamed = named.find(
    (name) => !parameters.some((each) => each.in === 'path' && each.name === name),
  );
  if (unnamed !== undefined) return refuse(`\`{${unnamed}}\` of its path is no parameter`);
  const whole = body.value.body === undefined ? {} : { body: body.value.body };
  const http: HttpOperation = { method, path, parameters, ...whole, ...bounds };
  const about = [description, summary].find((each) => typeof each === 'string') as
    | string
    | undefined;
  return ok({
    name: nameOf(operationId, place),
    ...(about === undefined ? {} : { description: about.slice(0, 2048).toWellFormed() }),
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      [HTTP_KEYWORD]: http,
    },
  });
}

function nameOf(operationId: unknown, { method, path }: Place): string {
  const given = typeof operationId === 'string' ? operationId : `${method.toLowerCase()}${path}`;
  const name = given.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '');
  return name.slice(0, LONGEST_NAME) || method.toLowerCase();
}

type Inputs = {
  readonly properties: (readonly [argument: string, schema: Members])[];
  readonly required: string[];
  readonly parameters: HttpParameter[];
};

function inputsOf(lists: readonly unknown[], within: Within): Result<Inputs, Rejection> {
  const inputs: Inputs = { properties: [], required: [], parameters: [] };
  const given = lists.flatMap((list) => (Array.isArray(list) ? list : []));
  const own = new Map<string, Members>();
  for (const each of given) {
    const followed = follow(within.document, each);
    if (!followed.ok) return followed;
    // What the operation says of a parameter stands in place of what the path says of it.
    own.set(`${followed.value['in']} ${followed.value['name']}`, followed.value);
  }
  for (const parameter of own.values()) {
    const wrong = take(parameter, inputs, within);
    if (wrong !== undefined) return wrong;
  }
  return ok(inputs);
}

function take(parameter: Members, inputs: Inputs, within: Within) {
  const { name, in: place, required, schema, style, explode, description } = parameter;
  if (typeof name !== 'string' || name === '') return refuse('a parameter has no name');
  if (place !== 'path' && place !== 'query' && place !== 'header') {
    return refuse(`the parameter \`${name}\` is in ${String(place)}, which is not supported`);
  }
  if (place === 'query' && name.toLowerCase() === '_method') {
    return refuse('the parameter `_method` would make it another request');
  }
  const plain = place === 'query' ? 'form' : 'simple';
  const isPlain = style === undefined || style === plain;
  if (!isPlain || schema === undefined || (place === 'query' && explode === false)) {
    return refuse(`the parameter \`${name}\` is written in a way that is not supported`);
  }
  if (
    place === 'header' &&
    (OWN_HEADERS.some((each) => each.test(name.toLowerCase())) || !/^[A-Za-z0-9-]+$/.test(name))
  ) {
    return required === true ? refuse(`the header ${name} is not one to choose`) : undefined;
  }
  const read = plainSchema(within, schema);
  if (!read.ok) return read;
  if (!isText(read.value, place === 'query')) {
    return refuse(`the parameter \`${name}\` is more than a text or number`);
  }
  const argument = freeName(name, inputs);
  const about = typeof description === 'string' ? { description: description.slice(0, 1024) } : {};
  inputs.properties.push([argument, { ...about, ...read.value }]);
  inputs.parameters.push({ argument, in: place, name });
  if (required === true || place === 'path') inputs.required.push(argument);
  return undefined;
}

function isText(schema: Members, isList: boolean): boolean {
  const types = [schema['type'] ?? 'string'].flat();
  return types.every((type) => type !== 'object' && (isList || type !== 'array'));
}

type WithBody = Inputs & { readonly body?: string };

/** The members of an object become arguments of their own, so that policies can read them. */
function bodyOf(given: unknown, inputs: Inputs, within: Within): Result<WithBody, Rejection> {
  if (given === undefined) return ok(inputs);
  const followed = follow(within.document, given);
  if (!followed.ok) return followed;
  const { content, required: isNeeded } = followed.value;
  const media = isMembers(content) ? content['application/json'] : undefined;
  if (!isMembers(media)) return refuse('its body is not application/json');
  const read = plainSchema(within, media['schema'] ?? true);
  if (!read.ok) return read;
  const { type, properties, required, additionalProperties, ...rest } = read.value;
  const words = Object.keys(rest).every((name) => /^(description|title)$/.test(name));
  const isClear =
    type === 'object' && isMembers(properties) && words && additionalProperties !== true;
  const clashes = (name: string) => inputs.parameters.some(({ argument }) => argument === name);
  if (!isClear || !isNeeded || Object.keys(properties).some(clashes)) {
    const body = freeName('body', inputs);
    inputs.properties.push([body, read.value]);
    if (isNeeded === true) inputs.required.push(body);
    return ok({ ...inputs, body });
  }
  for (const [name, schema] of Object.entries(properties)) {
    inputs.properties.push([name, schema as Members]);
    inputs.parameters.push({ argument: name, in: 'body', name });
  }
  const needed = Array.isArray(required) ? required.filter((each) => typeof each === 'string') : [];
  inputs.required.push(...needed);
  return ok(inputs);
}

/** `arguments` and `_meta` are words of the request itself. */
function freeName(name: string, { parameters, properties }: Inputs): string {
  const isTaken = (each: string): boolean =>
    parameters.some(({ argument }) => argument === each) ||
    properties.some(([property]) => property === each);
  let free = name === 'arguments' || name === '_meta' ? `${name}_` : name;
  while (isTaken(free)) free = `${free}_`;
  return free;
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'connector.openapi_unsupported', message });
}
