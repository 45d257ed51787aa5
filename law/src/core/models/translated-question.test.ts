import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { passedContract, passesModel } from './model-contract.ts';
import type { ModelCandidate, ProviderShape } from './routing-table.ts';
import { saidRequestOf, sentTo } from './translated-question.ts';

const at = (provider: ProviderShape, model: string): ModelCandidate => {
  return { provider, model, url: 'http://127.0.0.1:9' };
};
const BODY = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }] };

function said(more: object = {}) {
  const body = JSON.stringify({ ...BODY, ...more });
  return { provider: 'openai', isStreamed: true, headers: [], body } as const;
}

test('those that speak as the program does come first, then those it can be put to', () => {
  const all = [at('anthropic', 'a'), at('openai', 'b'), at('ollama', 'c'), at('gemini', 'd')];
  const names = (more: object) => {
    const sent = sentTo(said(more), all);
    return sent.ok ? sent.value.map(({ candidate }) => candidate.model).join('') : sent.error;
  };
  assert.equal(names({}), 'bad');
  assert.equal(names({ seed: 5 }), 'bd');
  assert.equal(names({ n: 2 }), 'b');
  const far = sentTo(said({ n: 2 }), [at('anthropic', 'a')]);
  assert.ok(!far.ok && /^n, more answers/.test(far.error ?? ''));
  const none = sentTo(said(), [at('ollama', 'c')]);
  assert.ok(!none.ok && none.error === undefined);
});

test('what is sent is known to the byte, with an end where the protocol wants one', () => {
  const sent = sentTo(said(), [at('anthropic', 'a')]);
  const request = saidRequestOf(at('anthropic', 'a'), said());
  assert.ok(sent.ok && request.ok);
  assert.equal(sent.value[0]?.digest, digestBytes(request.value.body));
  assert.equal(request.value.url, 'http://127.0.0.1:9/v1/messages');
  const { model, max_tokens, stream } = JSON.parse(request.value.body);
  assert.deepEqual([model, max_tokens, stream], ['a', 32_768, true]);
  const gemini = saidRequestOf(at('gemini', 'g'), said({ max_tokens: 5 }));
  assert.ok(gemini.ok && /models\/g:streamGenerateContent\?alt=sse$/.test(gemini.value.url));
  assert.equal(JSON.parse(gemini.value.body).generationConfig.maxOutputTokens, 5);
});

test('what was asked under the first version of the act is known still', () => {
  const first = passedContract([], '1');
  const hash = 'sha256:66162bdf7ad4284163aaac50f0948dde51ff5aae292c7c8540ce712759a89d60';
  assert.equal(first.schema_hash, hash);
  assert.ok(passesModel(first) && passesModel(passedContract()));
  assert.notEqual(passedContract().schema_hash, hash);
});
