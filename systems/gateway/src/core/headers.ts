import { decodeBase64, decodeUtf8 } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, type RpcError } from '@ioi/jsonrpc';
import { HEADER_MISMATCH } from './errors.ts';
import type { Request } from './state.ts';
import { versionOf } from './stateless.ts';

/** Header values by lower-case name; of a header that came twice, all of them. */
export type Headers = { readonly [name: string]: string | readonly string[] | undefined };

/** Where in a call's arguments a header `mcp-param-<name>` is mirrored from. */
export type Mirrored = { readonly header: string; readonly path: readonly string[] };

const NAMED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);
const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;
const PLAIN = /^[\t\x20-\x7e]*$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DEEPEST = 16;

/**
 * Whether the headers say what the body says (MCP 2026-07-28, request metadata). A body that does
 * not name its revision is not this rule's to refuse.
 */
export function faultOfHeaders(
  headers: Headers,
  request: Pick<Request, 'method' | 'params'>,
  mirrored: readonly Mirrored[] = [],
): RpcError | undefined {
  const version = versionOf(request);
  const params = isObject(request.params) ? request.params : {};
  const field = NAMED.get(request.method);
  const pairs: [name: string, value: Json | undefined][] = [
    ['mcp-protocol-version', version ?? single(headers, 'mcp-protocol-version') ?? ''],
    ['mcp-method', request.method],
  ];
  for (const [name, value] of pairs) {
    if (single(headers, name) !== value) return mismatch(name);
  }
  if (field !== undefined && !says(single(headers, 'mcp-name'), params[field])) {
    return mismatch('mcp-name');
  }
  const given = isObject(params['arguments']) ? params['arguments'] : {};
  const wrong = mirrored.find(
    ({ header, path }) => !says(single(headers, `mcp-param-${header}`), valueAt(given, path)),
  );
  return wrong && mismatch(`mcp-param-${wrong.header}`);
}

/** `undefined` where the header is absent; a header that came twice says nothing. */
function single(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function says(header: string | undefined, value: Json | undefined): boolean {
  if (value === undefined || value === null) return header === undefined;
  if (header === undefined || !PLAIN.test(header)) return false;
  const encoded = SENTINEL.exec(header)?.[1];
  const text = encoded === undefined ? header.trim() : decoded(encoded);
  if (typeof value === 'number') {
    return text !== undefined && text !== '' && Number(text) === value;
  }
  if (typeof value === 'boolean') return text === String(value);
  return typeof value === 'string' && text === value;
}

function decoded(encoded: string): string | undefined {
  const bytes = decodeBase64(encoded);
  return bytes && decodeUtf8(bytes);
}

function valueAt(given: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = given;
  for (const name of path) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/**
 * The parameters a tool wants mirrored: `x-mcp-header` on properties that are reached by
 * `properties` alone. Annotations that no client may honour are passed over.
 */
export function mirroredOf(inputSchema: Json | undefined): readonly Mirrored[] {
  const found = collect(inputSchema, []);
  const names = found.map(({ header }) => header);
  return found.filter(({ header }) => names.indexOf(header) === names.lastIndexOf(header));
}

function collect(schema: Json | undefined, path: readonly string[]): Mirrored[] {
  if (!isObject(schema) || path.length > DEEPEST) return [];
  const header = schema['x-mcp-header'];
  const isPrimitive = ['string', 'integer', 'boolean'].some((type) => type === schema['type']);
  const own =
    typeof header === 'string' && TOKEN.test(header) && isPrimitive && path.length > 0
      ? [{ header: header.toLowerCase(), path }]
      : [];
  const { properties } = schema;
  if (!isObject(properties)) return own;
  const inner = Object.entries(properties).flatMap(([name, each]) =>
    collect(each, [...path, name]),
  );
  return [...own, ...inner];
}

function mismatch(name: string): RpcError {
  const message = `Header mismatch: ${name} is missing, or does not say what the body says`;
  return {
    code: HEADER_MISMATCH,
    message,
    data: { code: 'gateway.header_mismatch', header: name },
  };
}
