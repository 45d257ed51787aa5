import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { MODELS_PLACE, passedRequestOf, readPassed } from './passed-question.ts';
import type { ModelCandidate, ProviderShape } from './routing-table.ts';

const { scheme, host, port } = MODELS_PLACE;
const AT = `${scheme}://${host}:${port}`;

function read(path: string, body: unknown, headers: readonly (readonly [string, string])[] = []) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readPassed({ method: 'POST', url: `${AT}${path}`, headers, body: encodeUtf8(text) });
}

function candidate(provider: ProviderShape, model: string): ModelCandidate {
  return { provider, model, url: 'https://far.example', key: 'far-key' };
}

const SPOKEN: readonly (readonly [string, ProviderShape, object, boolean])[] = [
  ['/v1/chat/completions', 'openai', { model: 'gpt-5', messages: [], stream: true }, true],
  ['/v1/responses', 'openai-responses', { model: 'gpt-5', input: [] }, false],
  ['/v1/messages?beta=true', 'anthropic', { model: 'gpt-5', max_tokens: 9, stream: true }, true],
  ['/v1beta/models/gpt-5:generateContent', 'gemini', { contents: [] }, false],
  ['/v1beta/models/gpt-5:streamGenerateContent?alt=sse', 'gemini', { contents: [] }, true],
];

test('a question is known by its path, and goes on as it is but for the model', () => {
  for (const [path, provider, body, isStreamed] of SPOKEN) {
    const asked = read(path, { ...body, tools: [{ name: 'x' }] });
    assert.ok(asked.ok, path);
    assert.deepEqual([asked.value.provider, asked.value.model], [provider, 'gpt-5']);
    assert.equal(asked.value.isStreamed, isStreamed);
    const sent = passedRequestOf(candidate(provider, 'other-1'), asked.value);
    assert.ok(sent);
    assert.ok(sent.url.startsWith('https://far.example/v1'), sent.url);
    const said = JSON.parse(sent.body);
    assert.deepEqual(said.tools, [{ name: 'x' }]);
    if (provider === 'gemini') assert.match(sent.url, /other-1/);
    else assert.equal(said.model, 'other-1');
  }
});

test('of its headers those of the protocol go on, and no key', () => {
  const asked = read('/v1/messages', { model: 'm', max_tokens: 1 }, [
    ['authorization', 'Bearer sk-own'],
    ['x-api-key', 'sk-own'],
    ['cookie', 'a=sk-own'],
    ['user-agent', 'sk-own'],
    ['anthropic-beta', 'tools-2'],
    ['anthropic-beta', 'thoughts-1'],
    ['anthropic-version', '2024-01-01'],
  ]);
  assert.ok(asked.ok);
  const sent = passedRequestOf(candidate('anthropic', 'm'), asked.value);
  assert.deepEqual(sent?.headers, [
    ['content-type', 'application/json'],
    ['anthropic-version', '2024-01-01'],
    ['anthropic-beta', 'tools-2, thoughts-1'],
  ]);
  assert.doesNotMatch(JSON.stringify([asked.value, sent]), /sk-own/);
  const forged = { ...asked.value, headers: ['x-api-key: sk-own'] };
  assert.equal(passedRequestOf(candidate('anthropic', 'm'), forged), undefined);
});

test('how long an answer may be is set where the program says nothing of it', () => {
  const most = (path: string, body: object, provider: ProviderShape) => {
    const asked = read(path, body);
    assert.ok(asked.ok);
    return JSON.parse(passedRequestOf(candidate(provider, 'm'), asked.value, 77)?.body ?? '');
  };
  const chat = '/v1/chat/completions';
  assert.equal(most(chat, { model: 'm' }, 'openai').max_completion_tokens, 77);
  assert.deepEqual(most(chat, { model: 'm', max_tokens: 5 }, 'openai'), {
    ...{ model: 'm', max_tokens: 5 },
  });
  const gemini = '/v1beta/models/m:generateContent';
  const config = { generationConfig: { temperature: 1 } };
  assert.deepEqual(most(gemini, config, 'gemini').generationConfig, {
    ...{ temperature: 1, maxOutputTokens: 77 },
  });
});

test('an answer is as long as the largest limit that is said, in any spelling', () => {
  const said = (path: string, body: object) => {
    const asked = read(path, body);
    assert.ok(asked.ok);
    return [asked.value.max_tokens, asked.value.answers];
  };
  const chat = '/v1/chat/completions';
  const twice = { model: 'm', n: 9, max_completion_tokens: 1, max_tokens: 700 };
  assert.deepEqual(said(chat, twice), [700, 9]);
  const gemini = '/v1beta/models/m:generateContent';
  const [little, much] = [{ maxOutputTokens: 1 }, { max_output_tokens: 700, candidateCount: 3 }];
  assert.deepEqual(said(gemini, { generationConfig: little, generation_config: much }), [700, 3]);
  assert.deepEqual(said(gemini, {}), [undefined, 1]);
  assert.ok(!read(chat, { model: 'm', n: 1e9 }).ok);
});

test('what is no question is refused by name', () => {
  const code = (path: string, body: unknown) => {
    const asked = read(path, body);
    return asked.ok ? 'ok' : asked.error.code;
  };
  for (const path of [
    '/v1/files',
    '/v1/messages/count_tokens',
    '//v1/messages',
    '/v1/messages/../x',
  ]) {
    assert.equal(code(path, { model: 'm' }), 'model.no_operation', path);
  }
  assert.equal(code('/v1beta/models/m:streamGenerateContent', {}), 'model.no_operation');
  for (const body of ['', '[]', '{', 'null', '{}', { model: 7 }, { model: 'a b' }]) {
    assert.equal(code('/v1/messages', body), 'model.malformed', JSON.stringify(body));
  }
  assert.equal(code('/v1/messages', { model: 'm', max_tokens: -1 }), 'model.malformed');
  const long = read('/v1/messages', { model: 'm' }, [['anthropic-beta', 'a'.repeat(4000)]]);
  assert.ok(!long.ok && long.error.code === 'model.malformed');
  const get = readPassed({ method: 'GET', url: `${AT}/v1/messages`, headers: [], body: undefined });
  assert.ok(!get.ok && get.error.code === 'model.no_operation');
});
