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
const LIMITS = { timeout_ms: 3_600_000, output_bytes: MOST_KEPT_BYTES };

/**
 * What may be asked over HTTP, by method. A read is `net::fetch`, as the same read by MCP is; all
 * else is `net::http::<method>` (whitepaper 2.6.1, A.2), so that a rule about reading lets nothing
 * be sent.
 */
export const webContracts: ReadonlyMap<string, Contract> = new Map(
  [...READS, ...(Object.keys(WRITES) as (keyof typeof WRITES)[])].map((method) => [
    method,
    contractFor(method),
  ]),
);

/** Whether a contract is one of these, and not of a server that took the name. */
export function isWebContract({ server, tool, schema_hash }: Contract): boolean {
  const own = webContracts.get(tool);
  return server === WEB_SERVER && own?.schema_hash === schema_hash;
}

/**
 * The same request with a secret of the vault in it: the same target and parameters, so that the
 * same rules say of it what they say of the one without; and, as of a connector, a scope, so that
 * it takes a grant. Undefined for a method that is not carried.
 */
export function secretWebContract(method: string, secret: string): Contract | undefined {
  const own = webContracts.get(method);
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
