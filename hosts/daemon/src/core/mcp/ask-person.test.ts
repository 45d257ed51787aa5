import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '@ioi/jsonrpc';
import { questionIn } from './ask-person.ts';

test('a question has words, a few choices, and an answer that is not the agent’s', () => {
  const asked = questionIn({ question: 'Which one?', choices: ['a', 'b'] });
  assert.deepEqual(asked.ok && asked.value, {
    question: 'Which one?',
    choices: ['a', 'b'],
    answer: '',
  });
  assert.deepEqual(questionIn({ question: 'Why?' }), {
    ok: true,
    value: { question: 'Why?', choices: [], answer: '' },
  });
  const wrong: readonly JsonObject[] = [
    {},
    { question: '' },
    { question: ' \n' },
    { question: 7 },
    { question: 'x'.repeat(4097) },
    { question: 'q', choices: 'a' },
    { question: 'q', choices: [''] },
    { question: 'q', choices: [{}] },
    { question: 'q', choices: Array.from({ length: 17 }, () => 'a') },
    { question: 'q', choices: ['x'.repeat(257)] },
    { question: 'q', answer: 'mine' },
  ];
  for (const given of wrong) {
    const refused = questionIn(given);
    assert.ok(!refused.ok, JSON.stringify(given).slice(0, 80));
    assert.equal(refused.error.code, 'contract.arguments_invalid');
  }
});
