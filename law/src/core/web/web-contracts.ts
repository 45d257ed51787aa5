import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';

/** No server of node.json has this name: it is the door that programs in a sandbox go out by. */
export const WEB_SERVER = 'ioi-web';

/** Of the answer, that is kept beside the log. */
export const MOST_KEPT_BYTES = 1_048_576;

const READS = ['GET', 'HEAD', 'OPTIONS'] as const;
const WRITES = { POST: 'send', PUT: 'update', PATCH: 'update', DELETE: 'delete' } as const;

type Contract = RuntimeToolContract;

const TEXT = { type: 'string' };
const SCHEMA = digestOf({
  type: 'object',
  properties: { url: TEXT, method: TEXT, body: {} },
  required: ['url', 'method'],
  additionalProperties: false,
});
/** Of a push: read from its bytes, for whoever decides. */
const TOLD = ['command', 'repository', 'updates', 'options', 'commits'];
const PUSH_SCHEMA = digestOf({
  type: 'object',
  properties: {
    url: TEXT,
    method: TEXT,
    body: {},
    command: TEXT,
    repository: TEXT,
    updates: { type: 'array' },
    options: { type: 'array' },
    commits: { type: 'object' },
  },
  required: ['url', 'method', 'body', ...TOLD],
  additionalProperties: false,
});
const LIMITS = { timeout_ms: 3_600_000, output_bytes: MOST_KEPT_BYTES };

/** Of a push to a repository of git, and of the question before it that changes nothing. */
export const PUSH_TOOL = 'git-receive-pack';
export const PUSH_PROBE_TOOL = 'git-receive-pack/probe';
/** Of a WebSocket: both ways are open in it, so it is neither a read nor a post. */
export const SOCKET_TOOL = 'websocket';

/**
 * What may be asked over HTTP, by method, and pushes of git by themselves. A read is `net::fetch`,
 * as the same read by MCP is; all else is `net::http::<method>` (whitepaper 2.6.1, A.2), so that a
 * rule about reading lets nothing be sent.
 */
export const webContracts: ReadonlyMap<string, Contract> = new Map(
  [
    ...[...READS, ...Object.keys(WRITES)].map(contractFor),
    pushContract(),
    { ...contractFor('GET'), tool: PUSH_PROBE_TOOL },
    { ...contractFor('POST'), tool: SOCKET_TOOL, target: 'net::http::websocket' },
  ].map((contract) => [contract.tool, contract]),
);

/** With which method that is asked for which is named by one of these contracts. */
export function webMethodOf(tool: string): string {
  if (tool === SOCKET_TOOL) return 'GET';
  return tool === PUSH_TOOL || tool === PUSH_PROBE_TOOL ? 'POST' : tool;
}

/** Whether a contract is one of these, and not of a server that took the name. */
export function isWebContract({ server, tool, schema_hash }: Contract): boolean {
  const own = webContracts.get(tool);
  return server === WEB_SERVER && own?.schema_hash === schema_hash;
}

/**
 * The same request with a secret of the vault in it: the same target and parameters, so that the
 * same rules say of it what they say of the one without; and, as of a connector, a scope, so that
 * it takes a grant. Undefined for what is not carried.
 */
export function secretWebContract(tool: string, secret: string): Contract | undefined {
  const own = webContracts.get(tool);
  if (own === undefined) return undefined;
  const scope = `scope:web.${secret.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`;
  return { ...own, authority_scopes: [scope], secret_slots: [secret] };
}

function contractFor(method: string): Contract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  const isWrite = Object.hasOwn(WRITES, method);
  const url = { argument: 'url', parameter: 'url', kind: 'url' } as const;
  return {
    server: WEB_SERVER,
    tool: method,
    version: '1',
    schema_hash: SCHEMA.value,
    target: isWrite ? `net::http::${method.toLowerCase()}` : 'net::fetch',
    primitive_capabilities: ['prim:net.request'],
    authority_scopes: [],
    risk_class: method === 'DELETE' ? 'high' : 'low',
    effect: isWrite ? (/^(PUT|DELETE)$/.test(method) ? 'idempotent' : 'at_most_once') : 'read',
    parameters: [
      isWrite ? { ...url, is_destination: true } : url,
      { argument: 'method', parameter: 'method', kind: 'value' },
      { argument: 'body', parameter: 'body', kind: 'content' },
    ],
    ...(isWrite ? { act: WRITES[method as keyof typeof WRITES] } : {}),
    returns: 'text',
    facts: ['resolved_addresses'],
    secret_slots: [],
    rrsa_domain: 'network',
    applicability_class: 'remote_retrieval',
    postconditions: ['output_present'],
    limits: LIMITS,
  };
}

/**
 * What a push does to which refs, beside its bytes: a target of its own, so that a rule that lets
 * something be posted lets nothing be pushed.
 */
function pushContract(): Contract {
  assert(PUSH_SCHEMA.ok, 'our own schema has a canonical form');
  const own = contractFor('POST');
  const told = TOLD.map((name) => ({ argument: name, parameter: name, kind: 'value' }) as const);
  return {
    ...own,
    tool: PUSH_TOOL,
    schema_hash: PUSH_SCHEMA.value,
    target: 'net::git::push',
    parameters: [...own.parameters, ...told],
  };
}
