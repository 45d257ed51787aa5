import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToolExecutionReceipt } from '@ioi/protocol';
import { answerOfDecision, answerOfExecution } from './step-answer.ts';

const receipt = {
  outcome: 'completed',
  satisfied: true,
  reported_error: false,
} as unknown as ToolExecutionReceipt;
const about = { target: 'fs::read', receipt, receiptId: 'receipt_1', output: 'text' };
const told = (more: object, target = 'fs::read') =>
  answerOfExecution({ ...about, target, receipt: { ...receipt, ...more } });
const codeOf = (answer: ReturnType<typeof told>) => ('code' in answer ? answer.code : answer.kind);

test('what is told of an act is drawn from its receipt', () => {
  assert.deepEqual(told({}), { kind: 'done', output: 'text', receipt_id: 'receipt_1' });
  assert.equal(codeOf(told({ satisfied: false })), 'execution.contract_violation');
  assert.equal(codeOf(told({ outcome: 'effect_unknown' })), 'execution.effect_unknown');
  assert.equal(codeOf(told({ reported_error: true })), 'tool.reported_error');
  const decided = { verdict: 'Block', code: 'policy.blocked', ruleId: 'no', committed: false };
  const refused = answerOfDecision({ ...decided, receiptId: 'receipt_2' } as never);
  assert.equal(refused.kind, 'refused');
  assert.match('message' in refused ? refused.message : '', /rule no; receipt receipt_2/);
});

test('a reply is told as text, with its names in lower case, or not at all', () => {
  const reply = { status: 200, response_headers: [['Content-Type', 'text/plain']] };
  const body = { encoding: 'utf8', data: 'hello' };
  const fetched = (output: object) => answerOfExecution({ ...about, target: 'net::fetch', output });
  const answer = fetched({ ...reply, response_body: body });
  const output = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'hello' };
  assert.deepEqual(answer, { kind: 'done', output, receipt_id: 'receipt_1' });
  const bytes = { encoding: 'base64', data: 'AAAA' };
  assert.equal(codeOf(fetched({ ...reply, response_body: bytes })), 'web.answer_not_text');
  assert.equal(codeOf(fetched(reply)), 'web.answer_not_text');
});

test('what a person answered is told as it was given, or as nothing', () => {
  const asked = (output: unknown) => answerOfExecution({ ...about, target: 'person::ask', output });
  const done = { kind: 'done', receipt_id: 'receipt_1' };
  assert.deepEqual(asked({ structuredContent: { answer: 'a' } }), {
    ...done,
    output: { answer: 'a' },
  });
  // Also of a tool that took the target.
  for (const output of [undefined, null, 'a'])
    assert.deepEqual(asked(output), { ...done, output: null });
});
