import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelAnswerOf } from './provider-shapes.ts';
import { NOTHING_STREAMED, streamedAnswerOf, takeLine } from './provider-streams.ts';
import type { ProviderShape } from './routing-table.ts';

type Event = object | string;

const at = (provider: ProviderShape) => ({ provider, url: 'http://127.0.0.1:1', model: 'asked' });

function played(provider: ProviderShape, events: readonly Event[]) {
  const lines = events.map((each) => {
    const text = typeof each === 'string' ? each : JSON.stringify(each);
    return provider === 'ollama' || text.startsWith(':') ? text : `data: ${text}`;
  });
  const so = lines.reduce((now, line) => takeLine(now, line, at(provider)), NOTHING_STREAMED);
  return { so, answer: streamedAnswerOf(at(provider), so) };
}

const openai = (content: string) => ({ model: 'm', choices: [{ delta: { content } }] });
const gemini = (text: string, more: object = {}) => ({
  ...{ candidates: [{ content: { parts: [{ text }] }, ...more }], modelVersion: 'm' },
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 },
});
const anthropic = (text: string) => ({
  ...{ type: 'content_block_delta', delta: { type: 'text_delta', text } },
});
const responses = (type: string, more: object) => ({ type: `response.${type}`, ...more });
const started = { type: 'message_start', message: { model: 'm', usage: { input_tokens: 3 } } };
const usage = { input_tokens: 3, output_tokens: 2 };

const WHOLE: readonly (readonly [ProviderShape, readonly Event[]])[] = [
  [
    'openai',
    [
      ...[': a comment', openai('y'), openai('es')],
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      ...[{ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }, '[DONE]'],
    ],
  ],
  [
    'openai-responses',
    [
      responses('created', { response: { model: 'm' } }),
      responses('output_text.delta', { delta: 'y' }),
      responses('output_text.delta', { delta: 'es' }),
      responses('completed', { response: { model: 'm', usage } }),
    ],
  ],
  [
    'anthropic',
    [
      ...[started, { type: 'ping' }, anthropic('y'), anthropic('es')],
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ],
  ],
  ['gemini', [gemini('y'), gemini('es', { finishReason: 'STOP' })]],
  [
    'ollama',
    [
      ...[{ model: 'm', message: { content: 'y' } }, { message: { content: 'es' } }],
      { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2 },
    ],
  ],
];

test('an answer in pieces is the answer it would have been whole', () => {
  for (const [provider, events] of WHOLE) {
    const { answer } = played(provider, events);
    assert.deepEqual(answer, { kind: 'answered', text: 'yes', model: 'm', usage }, provider);
  }
});

test('what a model thought is no part of its text, in pieces or whole', () => {
  const thought = { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm.' }] };
  const message = { type: 'message', content: [{ type: 'output_text', text: 'yes' }] };
  const body = { model: 'm', output: [thought, message], usage };
  const { answer } = played('openai-responses', [
    responses('reasoning_text.delta', { delta: 'Hm.' }),
    responses('output_text.delta', { delta: 'yes' }),
    responses('completed', { response: body }),
  ]);
  assert.deepEqual(answer, modelAnswerOf(at('openai-responses'), 200, body));
});

test('one that ends early, at whatever event, is broken and never whole', () => {
  for (const [provider, events] of WHOLE) {
    for (let length = 0; length < 3; length += 1) {
      if (provider === 'gemini' && length > 1) continue;
      const { answer } = played(provider, events.slice(0, length));
      assert.equal(answer.kind, 'broken', `${provider} ${length}`);
    }
  }
});

test('a refusal, also after words, is a refusal; a fault and nonsense break it', () => {
  const refused: readonly (readonly [ProviderShape, readonly Event[]])[] = [
    ['openai', [openai('I'), { choices: [{ delta: { refusal: 'no' } }] }, '[DONE]']],
    ['openai', [{ choices: [{ delta: {}, finish_reason: 'content_filter' }] }]],
    ['openai-responses', [responses('refusal.delta', { delta: 'no' })]],
    ['anthropic', [started, { type: 'message_delta', delta: { stop_reason: 'refusal' } }]],
    ['gemini', [{ promptFeedback: { blockReason: 'OTHER' } }]],
    ['gemini', [gemini('I', { finishReason: 'SAFETY' })]],
  ];
  for (const [provider, events] of refused) {
    assert.equal(played(provider, events).answer.kind, 'policy', provider);
  }
  const broken: readonly (readonly [ProviderShape, readonly Event[]])[] = [
    ['openai', [openai('I'), { error: { message: 'overloaded' } }, '[DONE]']],
    ['openai-responses', [responses('failed', { response: { error: { code: 'server' } } })]],
    ['anthropic', [started, { type: 'error', error: { type: 'overloaded_error' } }]],
    ['ollama', [{ error: 'no memory' }]],
    ['openai', [openai('I'), '{"choices":', '[DONE]']],
  ];
  for (const [provider, events] of broken) {
    assert.equal(played(provider, events).answer.kind, 'broken', provider);
  }
  assert.equal(played('openai', [openai('I')]).so.text, 'I');
});

test('no event makes the reader throw', () => {
  const odd = [null, 1, 'x', [], { choices: 1 }, { choices: [null] }, { usage: -1 }, { delta: [] }];
  for (const [provider] of WHOLE) {
    for (const each of odd) {
      const { answer } = played(provider, [JSON.stringify(each)]);
      assert.notEqual(answer.kind, 'answered');
    }
  }
});

test('a text that responses say in their last event alone is told, and no other twice', () => {
  const about = { provider: 'openai-responses', model: 'm', url: 'http://127.0.0.1:1' } as const;
  const event = (value: unknown): string => `data: ${JSON.stringify(value)}`;
  const content = [{ type: 'output_text', text: 'It is here.' }];
  const output = [
    { type: 'reasoning', summary: [] },
    { type: 'message', content },
  ];
  const last = event({ type: 'response.completed', response: { model: 'm', output } });
  const first = event({ type: 'response.created', response: { model: 'm' } });
  const delta = event({ type: 'response.output_text.delta', delta: 'It is here.' });
  for (const lines of [
    [first, last],
    [first, delta, last],
  ]) {
    const so = lines.reduce((before, line) => takeLine(before, line, about), NOTHING_STREAMED);
    const answer = streamedAnswerOf(about, so);
    assert.equal(answer.kind === 'answered' && answer.text, 'It is here.');
  }
});
