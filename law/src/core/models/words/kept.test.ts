import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING_TRANSLATED, readAnswer, type Translation, translateLine } from './answers.ts';
import type { Fields } from './fields.ts';
import { readQuestion, type Spoken, writeQuestion } from './questions.ts';

const HOW: Translation = {
  ...{ from: 'openai', to: 'anthropic', isSingle: false, salt: 'salt', isStreamed: true },
  manner: { tellsUsage: true, tools: new Map() },
};
const call = (name: string, given: unknown, id = 'c0'): Fields => {
  const made = { name, arguments: given };
  return { role: 'assistant', tool_calls: [{ id, type: 'function', function: made }] };
};
const result = (content: string): Fields => ({ role: 'tool', tool_call_id: 'c0', content });
const ask = { role: 'user', content: 'Hi' };

function put(from: Spoken, to: Spoken, asked: Fields): string {
  const read = readQuestion(from, asked);
  if (!read.ok) return read.error;
  const written = writeQuestion(to, read.value.question);
  return written.ok ? JSON.stringify(written.value) : written.error;
}

test('what would be lost of a prompt, of arguments or of a schema is refused by its name', () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const calls = (given: unknown) => ({ messages: [ask, call('a', given), result('b')] });
  const text = [{ role: 'user', parts: [{ text: 'Hi' }] }];
  const made = { functionCall: { name: 'a', args: '{}' } };
  const cases: readonly (readonly [Spoken, Fields, RegExp])[] = [
    ['openai', calls('{"id":1234567890123456789}'), /too large/],
    ['openai', calls('{"id":1e999}'), /too large/],
    ['openai', calls(deep), /too deep/],
    ['openai-responses', { input: 'Hi', instructions: ['Be brief'] }, /instructions/],
    ['gemini', { contents: text, systemInstruction: ['Be brief'] }, /systemInstruction/],
    ['gemini', { contents: [...text, { role: 'model', parts: [made] }] }, /args/],
    ['anthropic', { messages: [ask], tools: [{ name: 'a', input_schema: 'b' }] }, /schema/],
    ['anthropic', { messages: [{ role: 'user', content: [{ type: 'thinking' }] }] }, /thinking/],
  ];
  for (const [from, asked, why] of cases) {
    assert.match(put(from, from === 'openai' ? 'anthropic' : 'openai', asked), why);
  }
  assert.match(put('openai', 'anthropic', calls({ b: 1 })), /"input":\{"b":1\}/);
});

test('a result answers the call before it, also where ids are used again', () => {
  const messages = [ask, call('a', '{}'), result('of a'), call('b', '{}'), result('')];
  const { contents } = JSON.parse(put('openai', 'gemini', { messages }));
  const parts = (contents as { parts: Fields[] }[]).flatMap((each) => each.parts);
  const named = parts.flatMap((each) => (each['functionResponse'] as Fields)?.['name'] ?? []);
  assert.deepEqual(named, ['a', 'b']);
  assert.doesNotMatch(put('openai', 'anthropic', { messages }), /"text":""/);
});

test('an answer is told with names that are short, and arguments that are kept', () => {
  const line = (event: object) => `data: ${JSON.stringify(event)}`;
  const long = line({ id: 'x'.repeat(1e6), choices: [{ delta: { content: 'Hi' } }] });
  const { so, text } = translateLine(NOTHING_TRANSLATED, long, HOW);
  assert.match(so.gathered.fault ?? '', /too long/);
  assert.ok(text.length < 1000);
  const item = { type: 'function_call', call_id: 'c0', name: 'a', arguments: '{}' };
  const done = line({ type: 'response.output_item.done', output_index: 0, item });
  const lost = translateLine(NOTHING_TRANSLATED, done, { ...HOW, from: 'openai-responses' });
  assert.match(lost.so.gathered.fault ?? '', /not open/);
  const whole = (given: string) => {
    const [made] = call('a', given)['tool_calls'] as readonly Fields[];
    const message = { tool_calls: [made] };
    return readAnswer({ choices: [{ message, finish_reason: 'tool_calls' }] }, HOW);
  };
  assert.ok(whole('{"id":7}').ok);
  assert.ok(!whole('{"id":1234567890123456789}').ok);
});
