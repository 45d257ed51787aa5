import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';
import { isCommandContract } from './command-contract.ts';

/** No server of node.json has this name: it is the machine around programs in a sandbox. */
export const LISTEN_SERVER = 'ioi-ports';

/** Where a port of a sandbox is found outside, and nowhere else. */
export const LISTEN_HOST = '127.0.0.1';

const SCHEMA = digestOf({
  type: 'object',
  properties: {
    host: { const: LISTEN_HOST },
    port: { type: 'integer', minimum: 1024, maximum: 65_535 },
    protocol: { const: 'tcp' },
  },
  required: ['host', 'port', 'protocol'],
  additionalProperties: false,
});

/** To have programs of this machine reach a port that a program in a sandbox listens at. */
export function listenContract(): RuntimeToolContract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  const value = (name: string) => ({ argument: name, parameter: name, kind: 'value' }) as const;
  return {
    server: LISTEN_SERVER,
    tool: 'listen',
    version: '1',
    schema_hash: SCHEMA.value,
    target: 'net::listen',
    primitive_capabilities: ['prim:net.request'],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'at_most_once',
    parameters: ['host', 'port', 'protocol'].map(value),
    facts: [],
    secret_slots: [],
    rrsa_domain: 'network',
    applicability_class: 'deterministic_local',
    postconditions: ['output_present'],
    limits: { timeout_ms: 3_600_000, output_bytes: 4096 },
  };
}

/** Whether a contract is this one, and not of a server that took the name. */
export function isListenContract({ server, schema_hash }: RuntimeToolContract): boolean {
  return server === LISTEN_SERVER && SCHEMA.ok && schema_hash === SCHEMA.value;
}

/** Whether it is done by whoever started the program, in its sandbox or around it. */
export function isRunContract(contract: RuntimeToolContract): boolean {
  return isCommandContract(contract) || isListenContract(contract);
}
