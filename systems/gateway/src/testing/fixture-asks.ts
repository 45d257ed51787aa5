import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { InputRequest, InputRequests } from '@ioi/protocol';

export type FixtureAsk = {
  readonly says: string;
  /** What is asked, one round after the other. */
  readonly rounds: (given: JsonObject, capabilities: JsonObject) => readonly InputRequests[];
};

const elicit = (message: string, properties: JsonObject): InputRequest => ({
  method: 'elicitation/create',
  params: {
    message,
    requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
  },
});
const sample = (text: string): InputRequest => ({
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 100 },
});
const ROOTS: InputRequest = { method: 'roots/list', params: {} };
const NAME = elicit('What is your name?', { name: { type: 'string' } });
const CONFIRM = elicit('Please confirm', { ok: { type: 'boolean' } });

const DEFAULTS = elicit('Defaults', {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
});

const titled = (...names: string[]): JsonObject[] =>
  names.map((title, at) => ({ const: `value${at + 1}`, title }));
const ENUMS = elicit('Choose', {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: {
    type: 'array',
    items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  },
  titledMulti: {
    type: 'array',
    items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') },
  },
});

function once(says: string, requests: InputRequests): FixtureAsk {
  return { says, rounds: () => [requests] };
}

/** Tools that ask the client's side something, by name. */
export const FIXTURE_ASKS: Readonly<Record<string, FixtureAsk>> = {
  test_elicitation: {
    says: 'User response:',
    rounds: ({ message }) => {
      const text = { type: 'string' };
      return [{ one: elicit(String(message), { username: text, email: text }) }];
    },
  },
  test_sampling: {
    says: 'LLM response:',
    rounds: ({ prompt }) => [{ one: sample(String(prompt)) }],
  },
  test_elicitation_sep1034_defaults: once('Elicitation completed:', { one: DEFAULTS }),
  test_elicitation_sep1330_enums: once('Elicitation completed:', { one: ENUMS }),
  test_streaming_elicitation: once('Streamed:', { one: CONFIRM }),
  test_input_required_result_elicitation: once('Hello,', { user_name: NAME }),
  test_input_required_result_sampling: once('Model says', { capital_question: sample('Capital?') }),
  test_input_required_result_list_roots: once('Roots:', { client_roots: ROOTS }),
  test_input_required_result_request_state: once('state-ok', { confirm: CONFIRM }),
  test_input_required_result_tampered_state: once('untouched', { confirm: CONFIRM }),
  test_input_required_result_multiple_inputs: once('All:', {
    user_name: NAME,
    greeting: sample('Generate a greeting'),
    client_roots: ROOTS,
  }),
  test_input_required_result_multi_round: {
    says: 'Rounds:',
    rounds: () => [
      { step1: elicit('Step 1: What is your name?', { name: { type: 'string' } }) },
      { step2: elicit('Step 2: What is your favorite color?', { color: { type: 'string' } }) },
    ],
  },
  test_input_required_result_capabilities: {
    says: 'Able:',
    rounds: (_, capabilities) => [
      {
        ...(isObject(capabilities['elicitation']) ? { user_name: NAME } : {}),
        ...(isObject(capabilities['sampling']) ? { question: sample('Well?') } : {}),
      },
    ],
  },
};
