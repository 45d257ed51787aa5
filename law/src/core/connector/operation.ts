import type { RuntimeToolContract } from '@ioi/protocol';
import { draftContract } from '../draft/index.ts';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof METHODS)[number];

/** Where one argument of the tool goes in the request. */
export type HttpParameter = {
  readonly argument: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly name: string;
};

/**
 * What one call sends, whoever makes it. It stands in the tool's input schema, so that the
 * contract's `schema_hash` binds it: a daemon cannot say that a sealed call was another request.
 */
export type HttpOperation = {
  readonly method: HttpMethod;
  /** A template (RFC 6570 level 1), below the URL of the connector. */
  readonly path: string;
  readonly parameters: readonly HttpParameter[];
  /** The argument that is the whole body; absent where its members are arguments, or none is. */
  readonly body?: string;
  /** Paths that the manifest lets this method go to, where not to all, and those it does not. */
  readonly allowed?: readonly string[];
  readonly denied?: readonly string[];
};

/** A call of a chain instead of one of HTTP: the arguments are a TxIntent. */
export type EvmOperation = { readonly effect: 'sign' | 'send' };

/**
 * A signature of SSH instead of a call: of the digest of a message, or for a login at the host of
 * one of these keys (base64, in the wire form). The lists, where given, are all that is signed for.
 */
export type SshOperation =
  | { readonly effect: 'sign'; readonly namespaces?: readonly string[] }
  | {
      readonly effect: 'authenticate';
      readonly host_keys: readonly string[];
      readonly users?: readonly string[];
    };

export const HTTP_KEYWORD = 'x-ioi-http';
export const EVM_KEYWORD = 'x-ioi-evm';
export const SSH_KEYWORD = 'x-ioi-ssh';

/** One operation of a connector, as an agent is offered it. */
export type ConnectorTool = {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

export type ConnectorOperation =
  | { readonly kind: 'http'; readonly http: HttpOperation }
  | { readonly kind: 'evm'; readonly evm: EvmOperation }
  | { readonly kind: 'ssh'; readonly ssh: SshOperation };

/** Undefined where a schema is no connector's. */
export function operationIn(schema: Readonly<Record<string, unknown>>) {
  const { [HTTP_KEYWORD]: http, [EVM_KEYWORD]: evm, [SSH_KEYWORD]: ssh } = schema;
  if (isHttp(http)) return { kind: 'http', http } as const satisfies ConnectorOperation;
  if (isSsh(ssh)) return { kind: 'ssh', ssh } as const satisfies ConnectorOperation;
  const { effect } = Object(evm) as { effect?: unknown };
  if (effect !== 'sign' && effect !== 'send') return undefined;
  return { kind: 'evm', evm: { effect } } as const satisfies ConnectorOperation;
}

function isHttp(value: unknown): value is HttpOperation {
  const { method, path, parameters } = Object(value) as Record<string, unknown>;
  const isKnown = METHODS.some((each) => each === method);
  return isKnown && typeof path === 'string' && Array.isArray(parameters);
}

function isSsh(value: unknown): value is SshOperation {
  const { effect, namespaces, host_keys, users } = Object(value) as Record<string, unknown>;
  const isList = (each: unknown): boolean => Array.isArray(each) && each.every(isText);
  if (effect === 'sign') return namespaces === undefined || isList(namespaces);
  return effect === 'authenticate' && isList(host_keys) && (users === undefined || isList(users));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

export type Connected = {
  /** As node.json names the connector. */
  readonly server: string;
  readonly tool: ConnectorTool;
  readonly schemaHash: string;
  /** The secret that the edge uses for it. */
  readonly secret: string;
  readonly version: string;
};

const EFFECTS: Readonly<Record<HttpMethod, RuntimeToolContract['effect']>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'idempotent',
  DELETE: 'idempotent',
  POST: 'at_most_once',
  PATCH: 'at_most_once',
};
const ACTS: Readonly<Partial<Record<HttpMethod, RuntimeToolContract['act']>>> = {
  DELETE: 'delete',
  PUT: 'update',
  PATCH: 'update',
};

/** The contract of one operation: what it does is told by its method, never by its words. */
export function connectorContract(connected: Connected): RuntimeToolContract | undefined {
  const { server, tool, schemaHash, secret, version } = connected;
  const operation = operationIn(tool.inputSchema);
  if (operation === undefined) return undefined;
  const named = { server, tool: tool.name, inputSchema: tool.inputSchema, schemaHash };
  const { act: _, ...drafted } = draftContract(named);
  const method = operation.kind === 'http' ? operation.http.method : 'POST';
  const effect = EFFECTS[method];
  const act = operation.kind === 'http' ? (ACTS[method] ?? 'create') : 'send';
  return {
    ...drafted,
    parameters: drafted.parameters.map(outOfTheWay),
    // The edge holds it whole, beside the secret that it takes out of it.
    limits: { ...drafted.limits, output_bytes: 1_048_576 },
    version,
    primitive_capabilities: ['prim:net.request'],
    target: targetOf(operation, `${server}.${tool.name}`),
    authority_scopes: [`scope:${lower(server)}.${lower(tool.name)}`],
    risk_class: effect === 'read' ? 'low' : 'high',
    effect,
    ...(effect === 'read' ? {} : { act }),
    secret_slots: [secret],
    applicability_class: effect === 'read' ? 'remote_retrieval' : 'topology_dependent',
  };
}

type Parameter = RuntimeToolContract['parameters'][number];

/** What these mean in a request is no argument's of an API to say. */
const MEANT =
  /^(path|paths|source|destination|url|host|method|command|argv|cwd|port|protocol|app|intents)$/;

function outOfTheWay(each: Parameter): Parameter {
  return MEANT.test(each.parameter) ? { ...each, parameter: `api_${each.parameter}` } : each;
}

/**
 * `net::http::post::mail.send_message`, `ssh::sign::deploy.sign`: policies name one, or all of a
 * method, an effect, the net, SSH.
 */
function targetOf(operation: ConnectorOperation, name: string): string {
  if (operation.kind === 'evm') return `wallet::${operation.evm.effect}::${name}`;
  if (operation.kind === 'ssh') return `ssh::${operation.ssh.effect}::${name}`;
  return `net::http::${operation.http.method.toLowerCase()}::${name}`;
}

function lower(name: string): string {
  const text = name.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(text) ? text : `x${text}`;
}
