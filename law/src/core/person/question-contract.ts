import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { ActionRequest, RuntimeToolContract } from '@ioi/protocol';
import { neverPasses } from '../capability/index.ts';
import { type Layers, policiesIn } from '../policy/index.ts';

/** No server of node.json has this name: it is the person whom an agent or a workflow asks. */
export const PERSON_SERVER = 'ioi-person';

const TARGETS = ['person::ask', 'person::*'];
const TEXT = { type: 'string' };

/** What an agent asks. The answer is the person's to put in, by an edit of the request. */
const SCHEMA = digestOf({
  type: 'object',
  properties: { question: TEXT, choices: { type: 'array', items: TEXT }, answer: TEXT },
  required: ['question', 'choices', 'answer'],
  additionalProperties: false,
});

/**
 * A clarification (whitepaper 10.1): an act whose one effect is that an answer is given, in the
 * words that a person put into it before it was approved.
 */
export function questionContract(): RuntimeToolContract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  const value = (name: string) => ({ argument: name, parameter: name, kind: 'value' }) as const;
  return {
    server: PERSON_SERVER,
    tool: 'question',
    version: '1',
    schema_hash: SCHEMA.value,
    target: 'person::ask',
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    approval: 'always',
    effect: 'idempotent',
    parameters: [value('question'), value('choices'), value('answer')],
    returns: 'text',
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'deterministic_local',
    postconditions: ['output_present'],
    limits: { timeout_ms: 60_000, output_bytes: 65_536 },
  };
}

/** Whether a contract is this one, and not of a server that took the name. */
export function isQuestionContract({
  server,
  schema_hash,
}: Pick<RuntimeToolContract, 'server' | 'schema_hash'>): boolean {
  return server === PERSON_SERVER && SCHEMA.ok && schema_hash === SCHEMA.value;
}

/**
 * Whether agents may ask: some rule says so by name. One about everything is not enough, since a
 * question takes the time of a person.
 */
export function maySendQuestions(layers: Layers): boolean {
  const isNamed = policiesIn(layers).some(({ rules: { rules } }) => {
    return rules.some(({ target, action }) => action !== 'BLOCK' && TARGETS.includes(target));
  });
  return isNamed && !neverPasses(layers, questionContract());
}

/** A question whose answer nobody put in yet: to approve it would answer nothing. */
export function isUnanswered(
  contract: RuntimeToolContract,
  { params }: Pick<ActionRequest, 'params'>,
): boolean {
  const { answer } = params as { readonly answer?: unknown };
  return isQuestionContract(contract) && typeof answer === 'string' && answer.trim() === '';
}
