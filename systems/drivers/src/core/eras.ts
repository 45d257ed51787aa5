import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, type RpcError } from '@ioi/jsonrpc';

/** Newest first. Without sessions: every request says which version it is of. */
export const STATELESS_VERSIONS = ['2026-07-28'] as const;
/** Newest first. With sessions: what a server answers must be one of these (MCP lifecycle). */
export const STATEFUL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

const CLIENT_INFO = { name: 'ioi', version: '0.1.0' } as const;

/** What may be asked of the clients behind us; of each act, what its own client declares. */
const CARRIED: JsonObject = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
  roots: {},
};

/** What a server with sessions is told once, for all clients behind us (MCP 2025-11-25). */
export const STATEFUL_HELLO: JsonObject = {
  protocolVersion: STATEFUL_VERSIONS[0],
  capabilities: { ...CARRIED, roots: { listChanged: true } },
  clientInfo: CLIENT_INFO,
};

const RESERVED = 'io.modelcontextprotocol/';
export const LOG_LEVEL = `${RESERVED}logLevel`;
export const PROTOCOL_VERSION = `${RESERVED}protocolVersion`;
const TASKS = `${RESERVED}tasks`;
const SERVER_INFO = `${RESERVED}serverInfo`;

/** MCP 2026-07-28, error codes. */
export const HEADER_MISMATCH = -32020;
const MISSING_CAPABILITY = -32021;
const UNSUPPORTED_VERSION = -32022;

/** What a server says of itself, in whichever era it says it. */
export type Introduction = {
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions?: string;
};

/** Of the fields a caller wants carried, those that are the caller's to say. */
export function carriedMeta(meta: JsonObject | undefined, isStateless: boolean): JsonObject {
  const kept = Object.entries(meta ?? {}).filter(([name]) => {
    if (name === 'progressToken') return false;
    return !name.startsWith(RESERVED) || (isStateless && name === LOG_LEVEL);
  });
  return Object.fromEntries(kept);
}

/** The `_meta` of a request without a session (MCP 2026-07-28, `RequestMetaObject`). */
export function statelessMeta(
  version: string,
  capabilities: Json | undefined,
  carried: JsonObject,
): JsonObject {
  return {
    ...carried,
    [PROTOCOL_VERSION]: version,
    [`${RESERVED}clientInfo`]: CLIENT_INFO,
    [`${RESERVED}clientCapabilities`]: {
      ...(isObject(capabilities) ? askable(capabilities) : CARRIED),
      // Whatever its client can follow: this side waits on its behalf.
      extensions: { [TASKS]: {} },
    },
  };
}

const ASKABLE = {
  elicitation: ['form', 'url'],
  sampling: ['tools', 'context'],
  roots: ['listChanged'],
} as const;

/**
 * What a client can be asked for, in words of ours: whatever else it says of itself would be data
 * that reaches a server and stands in no request.
 */
function askable(given: JsonObject): JsonObject {
  const kept = Object.entries(ASKABLE).flatMap(([name, members]): [string, JsonObject][] => {
    const declared = capabilityOf(given, name);
    if (declared === undefined) return [];
    const has = members.filter((member) => isObject(declared[member]) || declared[member] === true);
    return [[name, Object.fromEntries(has.map((member) => [member, name === 'roots' || {}]))]];
  });
  return Object.fromEntries(kept);
}

/** The answer to `server/discover`; undefined where it is none, so where no such server answers. */
export function readDiscovery(
  result: Json,
):
  | { readonly versions: readonly string[]; readonly about: Omit<Introduction, 'protocolVersion'> }
  | undefined {
  if (!isObject(result) || !Array.isArray(result['supportedVersions'])) return undefined;
  const { _meta, capabilities, instructions, serverInfo } = result;
  const named = isObject(_meta) ? _meta[SERVER_INFO] : undefined;
  const versions = result['supportedVersions'].filter((each) => typeof each === 'string');
  return { versions, about: introduce(capabilities, named ?? serverInfo, instructions) };
}

/** The answer to `initialize`; undefined where it agrees on no version known here. */
export function readInitialisation(result: JsonObject): Introduction | undefined {
  const agreed = STATEFUL_VERSIONS.find((version) => version === result['protocolVersion']);
  if (agreed === undefined) return undefined;
  const { capabilities, serverInfo, instructions } = result;
  return { protocolVersion: agreed, ...introduce(capabilities, serverInfo, instructions) };
}

function introduce(
  capabilities: Json | undefined,
  serverInfo: Json | undefined,
  instructions: Json | undefined,
): Omit<Introduction, 'protocolVersion'> {
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? serverInfo : {},
    ...(typeof instructions === 'string' ? { instructions } : {}),
  };
}

/** Only servers without sessions answer so, whatever else they say (MCP 2026-07-28, versioning). */
export function isStatelessError({ code }: RpcError): boolean {
  return code === HEADER_MISMATCH || code === MISSING_CAPABILITY || code === UNSUPPORTED_VERSION;
}

/** The versions a server offers instead of the one it refused; undefined for other errors. */
export function offeredVersions({ code, data }: RpcError): readonly string[] | undefined {
  if (code !== UNSUPPORTED_VERSION || !isObject(data)) return undefined;
  const { supported } = data;
  return Array.isArray(supported) ? supported.filter((each) => typeof each === 'string') : [];
}

/** A capability the server declares, such as `tools`, or `undefined`. */
export function capabilityOf(capabilities: JsonObject, name: string): JsonObject | undefined {
  const declared = Object.hasOwn(capabilities, name) ? capabilities[name] : undefined;
  return isObject(declared) ? declared : undefined;
}
