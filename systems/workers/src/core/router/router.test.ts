import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  modelAnswerOf as answerOf,
  candidateNamed,
  costOf,
  type ModelCandidate,
  modelKeysOf,
  mostCost,
  nameOfCandidate as name,
  type ProviderShape,
  modelRequestOf as requestOf,
  wrongInModels,
} from '@ioi/law';
import { type Became, type RouteStep, startRoute, stepRoute } from './route.ts';

const at = (provider: ProviderShape, more: Partial<ModelCandidate> = {}): ModelCandidate => ({
  ...{ provider, url: 'http://127.0.0.1:8080', model: `m-${provider}` },
  ...more,
});
const PROVIDERS = ['openai', 'openai-responses', 'anthropic', 'gemini', 'ollama'] as const;
const question = {
  messages: [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
  ],
  max_tokens: 50,
} as const;
const answered: Became = {
  kind: 'answered',
  text: 'yes',
  model: 'm-1',
  usage: { input_tokens: 3, output_tokens: 2 },
};
const policy: Became = { kind: 'policy', why: 'refusal' };
const away: Became = { kind: 'not_reached', why: 'ECONNREFUSED' };

function said(type: string, part: object) {
  return { type: 'message', content: [{ type, ...part }] };
}

function play(candidates: readonly ModelCandidate[], became: readonly Became[]): RouteStep {
  let step = startRoute(candidates);
  for (const each of became) {
    assert.equal(step.kind, 'ask');
    if (step.kind === 'ask') step = stepRoute(step.state, 'writer', each);
  }
  return step;
}

test('each provider is asked in its own shape', () => {
  const bodies = PROVIDERS.map((provider) => {
    const { url, body } = requestOf(at(provider, { url: 'http://127.0.0.1:8080/' }), question);
    return [url.slice('http://127.0.0.1:8080'.length), JSON.parse(body)];
  });
  const [system, ...others] = question.messages;
  const contents = [
    { role: 'user', parts: [{ text: 'Hello' }] },
    { role: 'model', parts: [{ text: 'Hi' }] },
  ];
  const { messages } = question;
  assert.deepEqual(bodies, [
    ['/v1/chat/completions', { model: 'm-openai', messages, max_tokens: 50 }],
    [
      '/v1/responses',
      { model: 'm-openai-responses', input: messages, max_output_tokens: 50, store: false },
    ],
    [
      '/v1/messages',
      { model: 'm-anthropic', max_tokens: 50, messages: others, system: system.content },
    ],
    [
      '/v1beta/models/m-gemini:generateContent',
      {
        contents,
        systemInstruction: { parts: [{ text: system.content }] },
        generationConfig: { maxOutputTokens: 50 },
      },
    ],
    ['/api/chat', { model: 'm-ollama', messages, stream: false, options: { num_predict: 50 } }],
  ]);
});

test('an answer, a refusal by policy and a failure are told apart in each shape', () => {
  const cases: readonly (readonly [ProviderShape, number, unknown, string])[] = [
    ['openai', 200, { choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] }, 'a'],
    ['openai', 200, { choices: [{ message: { refusal: 'no' } }] }, 'policy'],
    ['openai', 200, { choices: [{ message: {}, finish_reason: 'content_filter' }] }, 'policy'],
    ['openai', 400, { error: { code: 'content_policy_violation', message: 'no' } }, 'policy'],
    ['openai', 400, { error: { code: 'invalid_request', message: 'no' } }, 'failed'],
    ['openai', 429, { error: { message: 'safety' } }, 'failed'],
    ['openai', 200, { choices: [] }, 'failed'],
    ['openai', 200, 'text', 'failed'],
    ['openai-responses', 200, { output: [said('output_text', { text: 'e' })] }, 'e'],
    ['openai-responses', 200, { output: [said('refusal', { refusal: 'no' })] }, 'policy'],
    ['openai-responses', 200, { incomplete_details: { reason: 'content_filter' } }, 'policy'],
    ['openai-responses', 200, { output: [{ type: 'reasoning' }] }, 'failed'],
    ['anthropic', 200, { content: [{ type: 'text', text: 'b' }], stop_reason: 'end_turn' }, 'b'],
    ['anthropic', 200, { content: [], stop_reason: 'refusal' }, 'policy'],
    ['anthropic', 403, { error: { type: 'policy_violation' } }, 'policy'],
    ['gemini', 200, { candidates: [{ content: { parts: [{ text: 'c' }] } }] }, 'c'],
    ['gemini', 200, { promptFeedback: { blockReason: 'OTHER' } }, 'policy'],
    ['gemini', 200, { candidates: [{ finishReason: 'SAFETY' }] }, 'policy'],
    ['ollama', 200, { message: { content: 'd' }, done_reason: 'stop' }, 'd'],
    ['ollama', 404, { error: 'model not found' }, 'failed'],
  ];
  for (const [provider, status, body, wanted] of cases) {
    const answer = answerOf(at(provider), status, body);
    assert.equal(answer.kind === 'answered' ? answer.text : answer.kind, wanted, String(body));
  }
});

test('tokens are counted as the server says, and cost exactly what they cost', () => {
  const usage = { prompt_tokens: 7, completion_tokens: 3 };
  const body = { model: 'm-2', usage, choices: [{ message: { content: '' } }] };
  const answer = answerOf(at('openai'), 200, body);
  assert.deepEqual(answer, {
    ...{ kind: 'answered', text: '', model: 'm-2' },
    usage: { input_tokens: 7, output_tokens: 3 },
  });
  const cost = (input: string, output: string) =>
    costOf({ input_tokens: 7, output_tokens: 3 }, { input, output, unit: 'USD' }).amount;
  assert.equal(cost('1', '0'), '0.000007');
  assert.equal(cost('0.1', '0.2'), '0.0000013');
  assert.equal(cost('1000000', '1000000'), '10');
  assert.equal(cost('0.000000000001', '0'), '0.000000000000000007');
  assert.equal(cost('0', '0'), '0');
});

test('what a question may cost at most is known before it is asked', () => {
  const price = { input: '1', output: '10', unit: 'USD' };
  const asked = { bytes: 872, messages: 1, max_tokens: 100 };
  assert.deepEqual(mostCost(asked, [price]), { amount: '0.002', unit: 'USD' });
  assert.deepEqual(mostCost(asked, [price, undefined, price])?.amount, '0.004');
  assert.equal(mostCost(asked, [undefined]), undefined);
});

test('the first candidate that serves is named with what was asked for, and why', () => {
  const price = { input: '2', output: '10', unit: 'USD' };
  const candidates = [at('openai'), at('anthropic', { price }), at('ollama')];
  const first = play(candidates, [answered]);
  assert.equal(first.kind === 'served' && first.served.why, 'first of its route');
  const step = play(candidates, [policy, answered]);
  assert.ok(step.kind === 'served');
  const { requested, served, why, cost, model } = step.served;
  assert.deepEqual(
    [requested, served, why, cost, model],
    [
      'openai m-openai http://127.0.0.1:8080',
      'anthropic m-anthropic http://127.0.0.1:8080',
      'openai m-openai http://127.0.0.1:8080: ERR_UPSTREAM_POLICY_VIOLATION',
      { amount: '0.000026', unit: 'USD' },
      'm-1',
    ],
  );
});

test('an answer that broke off says what came of it, and what that took', () => {
  const price = { input: '1', output: '10', unit: 'USD' };
  const usage = { input_tokens: 3, output_tokens: 1 };
  const step = play(
    [at('openai', { price }), at('ollama')],
    [{ kind: 'broken', why: 'ECONNRESET', text: 'ye', usage }],
  );
  assert.ok(step.kind === 'unserved');
  const { code, broken } = step;
  assert.deepEqual(
    [code, broken],
    [
      'model.broken',
      {
        ...{ text: 'ye', usage },
        cost: { amount: '0.000013', unit: 'USD' },
      },
    ],
  );
});

test('where all refuse it is an upstream policy violation, and a failure leads no further', () => {
  const two = [at('openai'), at('ollama')];
  const codeOf = (step: RouteStep) => (step.kind === 'unserved' ? step.code : step.kind);
  assert.equal(codeOf(play(two, [policy, policy])), 'ERR_UPSTREAM_POLICY_VIOLATION');
  assert.equal(codeOf(play(two, [away, policy])), 'ERR_UPSTREAM_POLICY_VIOLATION');
  assert.equal(codeOf(play(two, [away, away])), 'model.not_reached');
  assert.equal(codeOf(play(two, [{ kind: 'failed', why: '500' }])), 'model.failed');
  assert.equal(codeOf(play(two, [policy])), 'ask');
  assert.equal(codeOf(startRoute([])), 'model.not_reached');
});

test('a table says where it is wrong; a server elsewhere takes https and a key', () => {
  const wrong = (changed: object) => wrongInModels({ writer: [{ ...at('openai'), ...changed }] });
  assert.equal(wrong({}), undefined);
  assert.equal(wrong({ price: { input: '0.5', output: '1', unit: 'USD' } }), undefined);
  assert.match(wrong({ price: { input: 0.5, output: '1', unit: 'USD' } }) ?? '', /^\/writer\/0\/p/);
  assert.match(wrong({ provider: 'other' }) ?? '', /\/provider/);
  assert.match(wrong({ secret: 'x' }) ?? '', /\/secret is not known/);
  const key = 'openai-key';
  for (const url of [
    'https://api.example',
    'https://api.example:8443/v2/',
    'http://127.0.0.1:1/',
  ]) {
    assert.equal(wrong({ url, key }), undefined, url);
  }
  assert.match(wrong({ url: 'https://api.example' }) ?? '', /\/key is needed/);
  assert.match(wrong({ key: 'sk-Secret' }) ?? '', /\/key must be the name/);
  const far = ['http://api.example/', 'http://192.0.2.1/', 'http://127.0.0.1@a.example/'];
  const odd = ['https://a@b.example/', 'https://A.example/', 'https://a.example/../b'];
  const more = ['https://a.example:443/', 'https://a.example/?q', 'https://0x7f.1/'];
  const local = ['http://localhost.a.example/', 'http://127.0.0.1/?a'];
  for (const url of [...far, ...odd, ...more, ...local]) {
    assert.match(wrong({ url, key }) ?? '', /\/url must be https, or http at 127/, url);
  }
  const priced = (unit: string) => at('openai', { price: { input: '1', output: '1', unit } });
  assert.match(wrongInModels({ writer: [priced('USD'), priced('EUR')] }) ?? '', /one unit/);
  assert.match(wrongInModels({ Writer: [] }) ?? '', /lower case/);
  assert.match(wrongInModels({ writer: [] }) ?? '', /must be a list/);
  assert.match(wrongInModels([]) ?? '', /must be an object/);
});

test('what was sealed of a candidate says it again, and nothing else does', () => {
  const keyed = at('anthropic', { url: 'https://api.example', key: 'own' });
  for (const each of [keyed, at('ollama')]) assert.deepEqual(candidateNamed(name(each)), each);
  const bad = ['', 'openai m', 'openai m https://api.example', 'openai m http://a.example k'];
  for (const each of [...bad, `${name(keyed)} more`]) assert.equal(candidateNamed(each), undefined);
  assert.deepEqual(modelKeysOf([keyed, at('ollama'), at('openai', { key: 'a' }), keyed]), [
    'a',
    'own',
  ]);
});
