import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';

/** No server of node.json has this name: it is the files that workers may ask for. */
export const WORKER_SERVER = 'ioi-workers';

const MOST_READ_BYTES = 8_388_608;
const TEXT = { type: 'string' };

type Contract = RuntimeToolContract;
type Parameter = Contract['parameters'][number];

const PATH: Parameter = { argument: 'path', parameter: 'path', kind: 'path' };
const CONTENT: Parameter = { argument: 'content', parameter: 'content', kind: 'content' };

/** Files of the folder of a run, by the target that a worker asks for. */
export const stepContracts: ReadonlyMap<string, Contract> = new Map([
  ['fs::read', reading('fs::read')],
  ['fs::list', reading('fs::list')],
  ['fs::write', writing()],
]);

/** Whether a contract is one of these, and not of a server that took the name. */
export function isStepContract({ server, tool, schema_hash }: Contract): boolean {
  return server === WORKER_SERVER && stepContracts.get(tool)?.schema_hash === schema_hash;
}

function reading(target: string): Contract {
  return {
    ...contractOf(target, { path: TEXT }),
    primitive_capabilities: ['prim:fs.read'],
    effect: 'read',
    parameters: [PATH],
    facts: ['workspace_root'],
    postconditions: ['output_present'],
  };
}

function writing(): Contract {
  return {
    ...contractOf('fs::write', { path: TEXT, content: TEXT }),
    primitive_capabilities: ['prim:fs.write'],
    effect: 'idempotent',
    parameters: [PATH, CONTENT],
    facts: ['target_exists', 'workspace_root'],
    postconditions: ['content_matches'],
  };
}

function contractOf(target: string, properties: Readonly<Record<string, typeof TEXT>>) {
  const schema = digestOf({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  assert(schema.ok, 'our own schema has a canonical form');
  return {
    server: WORKER_SERVER,
    tool: target,
    version: '1',
    schema_hash: schema.value,
    target,
    authority_scopes: [],
    risk_class: 'low',
    secret_slots: [],
    rrsa_domain: 'filesystem',
    applicability_class: 'deterministic_local',
    limits: { timeout_ms: 30_000, output_bytes: MOST_READ_BYTES },
  } satisfies Partial<Contract>;
}
