import { err, ok, parseUrl, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { RuntimeToolContract } from '@ioi/protocol';
import { type Method, methodOf } from './contracts/methods.ts';

export type MethodCall = {
  readonly contract: RuntimeToolContract;
  readonly arguments: JsonObject;
};

export type MethodCallError = {
  readonly code: 'contract.missing' | 'contract.arguments_invalid';
  readonly message: string;
};

const FILE = 'file:';
const WEB = ['http:', 'https:'];

/**
 * A request of MCP in the shape of its contract: a `file:` resource by its path, one on the web by
 * its URL, everything else as it came. The URI stays beside them where the way back would give
 * another, because servers compare it letter by letter. `_meta` is no argument.
 */
export function methodCall(
  contracts: readonly RuntimeToolContract[],
  method: Method,
  params: JsonObject,
): Result<MethodCall, MethodCallError> {
  const { _meta, ...given } = params;
  const shaped = method === 'resources/read' ? shapeReading(given['uri']) : ok(given);
  if (!shaped.ok) return shaped;
  const contract = contracts.find(({ tool, target }) => {
    if (tool !== method) return false;
    return method !== 'resources/read' || Object.hasOwn(shaped.value, argumentFor(target));
  });
  if (contract !== undefined) return ok({ contract, arguments: shaped.value });
  return err({ code: 'contract.missing', message: `no contract for ${method}` });
}

/** The parameters of the request to the server: the way back from `methodCall`. */
export function methodParams(contract: RuntimeToolContract, given: JsonObject): JsonObject {
  if (contract.tool !== 'resources/read') return given;
  const { path, url, uri } = given;
  if (typeof path === 'string') {
    // A link in between leads elsewhere than was decided, unless the server sees the link's end.
    const isSame = typeof uri === 'string' && pathOfUri(uri) === path;
    return { uri: isSame ? uri : uriOfPath(path) };
  }
  if (typeof url === 'string') {
    const isSame = typeof uri === 'string' && parseUrl(uri)?.href === url;
    return { uri: isSame ? uri : url };
  }
  return given;
}

/** The message by which an act is put to its server, beside what belongs to the transport. */
export function messageOf(
  contract: RuntimeToolContract,
  given: JsonObject,
): { readonly method: string; readonly params: JsonObject } {
  const method = methodOf(contract);
  if (method !== undefined) return { method, params: methodParams(contract, given) };
  return { method: 'tools/call', params: { name: contract.tool, arguments: given } };
}

function argumentFor(target: string): 'path' | 'url' | 'uri' {
  if (target === 'fs::read') return 'path';
  return target === 'net::fetch' ? 'url' : 'uri';
}

function shapeReading(uri: Json | undefined): Result<JsonObject, MethodCallError> {
  if (typeof uri !== 'string') return refuse('`uri` is not a text');
  const parsed = parseUrl(uri);
  if (parsed?.protocol === FILE) {
    const path = pathOfUri(uri);
    if (path === undefined) return refuse('`uri` names no file of this machine');
    return ok(uriOfPath(path) === uri ? { path } : { path, uri });
  }
  if (parsed === undefined || !WEB.includes(parsed.protocol)) return ok({ uri });
  // As whoever fetches it says it, so that both are one act.
  const fetched = { url: parsed.href, method: 'GET' };
  return ok(parsed.href === uri ? fetched : { ...fetched, uri });
}

/** RFC 8089. A separator in disguise, or anything beside the path, could be read in two ways. */
function pathOfUri(uri: string): string | undefined {
  const parsed = parseUrl(uri);
  if (parsed?.protocol !== FILE) return undefined;
  if (parsed.hostname !== '' && parsed.hostname !== 'localhost') return undefined;
  if (parsed.search !== '' || uri.includes('#') || /%2f|%5c|%00/i.test(uri)) return undefined;
  // The URL standard has folded `.` and `..` already; no server need do so.
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(uri)) return undefined;
  try {
    return decodeURIComponent(parsed.pathname);
  } catch {
    return undefined;
  }
}

function uriOfPath(path: string): string {
  return `${FILE}//${path.split('/').map(encodeURIComponent).join('/')}`;
}

function refuse(message: string): { readonly ok: false; readonly error: MethodCallError } {
  return err({ code: 'contract.arguments_invalid', message });
}
