import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';
import { PERSON_SERVER } from '../person/index.ts';

const TEXT = { type: 'string' };
const SCHEMA = digestOf({
  type: 'object',
  properties: { workflow: TEXT, question: TEXT, shown: TEXT },
  required: ['workflow', 'question', 'shown'],
  additionalProperties: false,
});

/** A question in the midst of a workflow: an act that does nothing but be approved. */
export function askContract(): RuntimeToolContract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  const value = (name: string) => ({ argument: name, parameter: name, kind: 'value' }) as const;
  return {
    server: PERSON_SERVER,
    tool: 'ask',
    version: '1',
    schema_hash: SCHEMA.value,
    target: 'workflow::ask',
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    approval: 'always',
    effect: 'idempotent',
    parameters: [
      value('workflow'),
      value('question'),
      { argument: 'shown', parameter: 'shown', kind: 'content' },
    ],
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'deterministic_local',
    postconditions: ['output_present'],
    limits: { timeout_ms: 60_000, output_bytes: 4096 },
  };
}

/** Whether a contract is this one, and not of a server that took the name. */
export function isAskContract({ server, schema_hash }: RuntimeToolContract): boolean {
  return server === PERSON_SERVER && SCHEMA.ok && schema_hash === SCHEMA.value;
}
