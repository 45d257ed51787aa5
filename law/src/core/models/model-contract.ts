import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';

/** No server of node.json has this name: it is the way to models, by routes. */
export const MODEL_SERVER = 'ioi-models';

const TEXT = { type: 'string' };
const NAMES = ['route', 'candidates', 'max_tokens', 'messages'];
const PROPERTIES = {
  route: TEXT,
  candidates: { type: 'array', items: TEXT },
  max_tokens: { type: 'integer' },
  messages: TEXT,
};
const SCHEMA = schemaOf({ ...PROPERTIES, amount: { type: 'object' } });
/** Of the first version, which said no amount: what was asked under it may wait still. */
const FIRST = schemaOf(PROPERTIES);

/**
 * One question to whatever model a route leads to (whitepaper 4.6.2). The candidates are sealed in
 * the order in which they are tried, so that going on to the next is what was decided. `amount` is
 * the most that it may cost, where they have prices: budgets count it as they count any spend.
 * `keys` are the secrets of the vault that candidates are asked with, each once a candidate; where
 * such servers are is a fact that is decided on.
 */
export function modelContract(keys: readonly string[] = []): RuntimeToolContract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  const value = (name: string) => ({ argument: name, parameter: name, kind: 'value' }) as const;
  return {
    server: MODEL_SERVER,
    tool: 'invoke',
    version: '2',
    schema_hash: SCHEMA.value,
    target: 'model::invoke',
    primitive_capabilities: ['prim:model.invoke'],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'at_most_once',
    parameters: [
      value('route'),
      value('candidates'),
      value('max_tokens'),
      value('amount'),
      { argument: 'messages', parameter: 'messages', kind: 'content' },
    ],
    act: 'send',
    returns: 'text',
    facts: keys.length === 0 ? [] : ['resolved_addresses'],
    secret_slots: [...keys],
    rrsa_domain: 'unmapped',
    applicability_class: 'remote_retrieval',
    postconditions: ['output_present'],
    limits: { timeout_ms: 600_000, output_bytes: 1_048_576 },
  };
}

/** Whether it asks a model, also as an earlier version of this did. */
export function asksModel({ server, schema_hash }: RuntimeToolContract): boolean {
  return (
    server === MODEL_SERVER && [SCHEMA, FIRST].some((each) => each.ok && schema_hash === each.value)
  );
}

function schemaOf(properties: object) {
  return digestOf({ type: 'object', properties, required: NAMES, additionalProperties: false });
}
