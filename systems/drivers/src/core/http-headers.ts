import { encodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import { PROTOCOL_VERSION } from './eras.ts';

/** Where in the arguments the value of one `Mcp-Param-*` header stands. */
export type MirroredParameter = { readonly header: string; readonly path: readonly string[] };

/** RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** Nothing any hop would trim, fold or refuse. */
const PLAIN = /^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/;
const SENTINEL = /^=\?base64\?.*\?=$/;
const ANNOTATION = 'x-mcp-header';
const MIRRORED_TYPES = ['string', 'integer', 'boolean'];
/** Objects and arrays of one schema; one with more is left out of the list. */
const MOST_NODES = 50_000;
/** Which parameter names a request, by its method (MCP 2026-07-28, standard request headers). */
const NAMED_BY: { readonly [method: string]: string } = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** Any text as a header value that survives every hop (MCP 2026-07-28, value encoding). */
export function headerValue(text: string): string {
  if (PLAIN.test(text) && !SENTINEL.test(text)) return text;
  return `=?base64?${encodeBase64(encodeUtf8(text.toWellFormed()))}?=`;
}

/** The headers that every request without a session carries. */
export function standardHeaders(
  version: string,
  method: string,
  params: JsonObject,
): Record<string, string> {
  const field = Object.hasOwn(NAMED_BY, method) ? NAMED_BY[method] : undefined;
  const name = field === undefined ? undefined : params[field];
  return {
    'mcp-protocol-version': version,
    'mcp-method': headerValue(method),
    ...(typeof name === 'string' ? { 'mcp-name': headerValue(name) } : {}),
  };
}

/**
 * What headers may say of a message, for whoever compares them with it. `inputSchema`: of the tool
 * that is called. Absent where the message says nothing of it.
 */
export function headersOf(
  method: string,
  params: JsonObject,
  inputSchema: JsonObject | undefined,
): Readonly<Record<string, string>> {
  const { _meta, arguments: given } = params;
  const version = isObject(_meta) ? _meta[PROTOCOL_VERSION] : undefined;
  const { 'mcp-protocol-version': named, ...standard } = standardHeaders(
    String(version),
    method,
    params,
  );
  const mirrored = mirroredParameters(inputSchema ?? {});
  return {
    ...standard,
    ...(version === undefined ? {} : { 'mcp-protocol-version': named }),
    ...(mirrored.ok ? parameterHeaders(mirrored.value, isObject(given) ? given : {}) : {}),
  };
}

/**
 * Which arguments of a tool are mirrored into headers, or why the tool may not be offered: an
 * annotation is valid only on a string, integer or boolean that is reached by `properties` alone,
 * with a name that is a token and the only one of its kind (MCP 2026-07-28, schema extension).
 */
export function mirroredParameters(
  schema: JsonObject,
): Result<readonly MirroredParameter[], string> {
  const found: MirroredParameter[] = [];
  const names = new Set<string>();
  const places: { readonly at: Json; readonly path: readonly string[] | undefined }[] = [
    { at: schema, path: [] },
  ];
  for (let seen = 0; places.length > 0; seen += 1) {
    if (seen > MOST_NODES) return err('the schema has too many members');
    const { at, path } = places.pop() ?? { at: null, path: undefined };
    if (Array.isArray(at)) places.push(...at.map((each) => ({ at: each, path: undefined })));
    if (!isObject(at)) continue;
    if (Object.hasOwn(at, ANNOTATION)) {
      const header = readAnnotation(at, path);
      if (!header.ok) return header;
      const folded = header.value.toLowerCase();
      if (names.has(folded)) return err(`two parameters are mirrored as ${header.value}`);
      names.add(folded);
      found.push({ header: `mcp-param-${folded}`, path: path ?? [] });
    }
    for (const [key, value] of Object.entries(at)) {
      if (key !== 'properties' || !isObject(value)) places.push({ at: value, path: undefined });
      else {
        for (const [name, each] of Object.entries(value)) {
          places.push({ at: each, path: path && [...path, name] });
        }
      }
    }
  }
  return ok(found);
}

function readAnnotation(
  at: JsonObject,
  path: readonly string[] | undefined,
): Result<string, string> {
  const name = at[ANNOTATION];
  if (typeof name !== 'string' || !TOKEN.test(name)) return err(`${ANNOTATION} is no header name`);
  if (path === undefined || path.length === 0) {
    return err(`${ANNOTATION} ${name} stands where no single argument is meant`);
  }
  const { type } = at;
  if (typeof type === 'string' && MIRRORED_TYPES.includes(type)) return ok(name);
  return err(`${ANNOTATION} ${name} is on no string, integer or boolean`);
}

/** The `Mcp-Param-*` headers of one call. What is absent, null or no scalar has none. */
export function parameterHeaders(
  mirrored: readonly MirroredParameter[],
  given: JsonObject,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { header, path } of mirrored) {
    let value: Json | undefined = given;
    for (const name of path) {
      value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }
    if (typeof value === 'string') headers[header] = headerValue(value);
    else if (typeof value === 'number' || typeof value === 'boolean') headers[header] = `${value}`;
  }
  return headers;
}
