import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codes } from '@ioi/protocol';
import { answerFor } from './answer.ts';

const receiptId = `receipt_${'0a'.repeat(16)}`;
const textOf = (answer: ReturnType<typeof answerFor>): unknown =>
  answer.kind === 'result' &&
  (answer.result as { content: { text: string }[] }).content.map((block) => block.text);

test('a completed call is answered with the very result of the tool', () => {
  const output = { content: [{ type: 'text', text: 'x' }], isError: true, future: { a: 1 } };
  const answer = answerFor({ code: 'execution.completed', receiptId, output });
  assert.deepEqual(answer, { kind: 'result', result: output });
  assert.equal(answer.kind === 'result' && answer.result, output);
});

test('an upstream error passes as the error it was', () => {
  const $error = { code: -32602, message: 'unknown tool', data: [1] };
  for (const code of ['execution.completed', 'execution.failed_before_effect'] as const) {
    const answer = answerFor({ code, receiptId, output: { $error } });
    assert.deepEqual(answer, { kind: 'error', error: $error });
  }
  const odd = { $error: { code: 'x', message: 1 } };
  const answer = answerFor({ code: 'execution.completed', receiptId, output: odd });
  assert.deepEqual(answer, { kind: 'result', result: odd });
});

test('a refusal is one constant sentence with its code, rule and receipt', () => {
  const answer = answerFor({ code: 'policy.blocked', receiptId, ruleId: 'no_keys' });
  assert.deepEqual(answer, {
    kind: 'result',
    result: {
      content: [
        {
          type: 'text',
          text: `Blocked by policy: policy.blocked (rule no_keys). Receipt ${receiptId}.`,
        },
      ],
      isError: true,
      _meta: {
        'ioi/receipt': receiptId,
        'ioi/code': 'policy.blocked',
        'ioi/class': 'PolicyBlocked',
        'ioi/rule': 'no_keys',
      },
    },
  });
});

test('every verdict code has an answer that names it', () => {
  for (const { code } of codes) {
    const answer = answerFor({ code, receiptId });
    assert.match(String(textOf(answer)), new RegExp(`: ${code}\\. Receipt ${receiptId}\\.$`));
    const isError = answer.kind === 'result' && (answer.result as { isError: boolean }).isError;
    assert.equal(isError, code !== 'execution.completed');
  }
});

test('a failure the tool reported passes with its words and the receipt', () => {
  const output = {
    content: [{ type: 'text', text: 'no match' }],
    isError: true,
    _meta: { trace: 1 },
  };
  const answer = answerFor({ code: 'execution.failed_before_effect', receiptId, output });
  assert.deepEqual(textOf(answer), ['no match']);
  const meta = answer.kind === 'result' && (answer.result as { _meta: object })._meta;
  assert.deepEqual(meta, {
    trace: 1,
    'ioi/receipt': receiptId,
    'ioi/code': 'execution.failed_before_effect',
    'ioi/class': 'ExecutionFailedTerminal',
  });
});

test('an unknown effect warns before it repeats what the tool said', () => {
  const output = { content: [{ type: 'text', text: 'timeout' }], isError: true };
  const texts = textOf(answerFor({ code: 'execution.effect_unknown', receiptId, output }));
  assert.deepEqual(texts, [
    `It may have happened, do not repeat it: execution.effect_unknown. Receipt ${receiptId}.`,
    'timeout',
  ]);
});

test('what has no tool result to say it in is an error with the receipt', () => {
  const answer = answerFor({ code: 'policy.blocked', receiptId }, 'resources/read');
  assert.ok(answer.kind === 'error');
  assert.match(answer.error.message, /^Blocked by policy: policy\.blocked/);
  assert.equal((answer.error.data as { 'ioi/receipt': string })['ioi/receipt'], receiptId);
  const output = { contents: [] };
  const read = answerFor({ code: 'execution.completed', receiptId, output }, 'resources/read');
  assert.deepEqual(read, { kind: 'result', result: output });
});
