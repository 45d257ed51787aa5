import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';
import { MOST_KEPT_BYTES } from '../web/web-contracts.ts';

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
const SCHEMA = schemaOf({ ...PROPERTIES, amount: { type: 'object' } }, NAMES);
/** Of the first version, which said no amount: what was asked under it may wait still. */
const FIRST = schemaOf(PROPERTIES, NAMES);

const FIRST_PASSED = {
  route: TEXT,
  candidates: { type: 'array', items: TEXT },
  asked_model: TEXT,
  stream: { type: 'boolean' },
  max_tokens: { type: 'integer' },
  amount: { type: 'object' },
  headers: { type: 'array', items: TEXT },
  body: TEXT,
};
const PASSED_NAMES = ['route', 'candidates', 'asked_model', 'stream', 'headers', 'body'];
/** Of the first version, which had it in one protocol alone: what was asked may wait still. */
const FIRST_PASSED_SCHEMA = schemaOf(FIRST_PASSED, PASSED_NAMES);
const PASSED_SCHEMA = schemaOf(
  { ...FIRST_PASSED, asked_as: TEXT, said: TEXT, sent: { type: 'array', items: TEXT } },
  [...PASSED_NAMES, 'asked_as', 'said', 'sent'],
);

/**
 * One question to model a route leads to (whitepaper 4.6.2). The candidates are sealed in
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

/**
 * The same act where a program speaks for itself, in the words of a provider (whitepaper 4.6.2):
 * what it said is sealed as it came, with the protocol it was said in. It goes to candidates that
 * speak the same, under the names that these have for their models, or to others in their words;
 * `sent` has the SHA-256 of what each of them would be sent, and `said` that of what it follows
 * from: what rules or a person changed before it was sealed is sent as it was sealed.
 */
export function passedContract(
  keys: readonly string[] = [],
  version: '1' | '2' = '2',
): RuntimeToolContract {
  const isFirst = version === '1';
  const schema = isFirst ? FIRST_PASSED_SCHEMA : PASSED_SCHEMA;
  assert(schema.ok, 'our own schema has a canonical form');
  const { parameters, ...own } = modelContract(keys);
  const kept = parameters.filter(({ argument }) => argument !== 'messages');
  const value = (name: string) => ({ argument: name, parameter: name, kind: 'value' }) as const;
  return {
    ...own,
    tool: 'pass',
    version,
    schema_hash: schema.value,
    parameters: [
      ...kept,
      ...['asked_model', 'stream', 'headers'].map(value),
      ...(isFirst ? [] : ['asked_as', 'said', 'sent'].map(value)),
      { argument: 'body', parameter: 'body', kind: 'content' },
    ],
    limits: { timeout_ms: 3_600_000, output_bytes: MOST_KEPT_BYTES },
  };
}

/** Whether it is a question that a program put in the words of a provider. */
export function passesModel({ server, schema_hash }: RuntimeToolContract): boolean {
  return (
    server === MODEL_SERVER &&
    [PASSED_SCHEMA, FIRST_PASSED_SCHEMA].some((each) => each.ok && schema_hash === each.value)
  );
}

/** Whether it asks a model, also as an earlier version of this did. */
export function asksModel(contract: RuntimeToolContract): boolean {
  const { server, schema_hash } = contract;
  const isOwn = [SCHEMA, FIRST].some((each) => each.ok && schema_hash === each.value);
  return (server === MODEL_SERVER && isOwn) || passesModel(contract);
}

function schemaOf(properties: object, required: readonly string[]) {
  return digestOf({ type: 'object', properties, required, additionalProperties: false });
}
