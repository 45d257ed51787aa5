import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverageOf, RunRecord } from './run-record.ts';

const about = {
  run_id: 'run_1',
  agent_id: 'agent://local/test/run/sh',
  session_id: 'sha256:0',
  coverage: coverageOf(['a.example'], new RunRecord({ isOverlay: false })),
};

test('a run counts what was decided, and keeps its newest receipts', () => {
  const record = new RunRecord({ isOverlay: false });
  for (let at = 0; at < 150; at += 1) record.count('allowed', `receipt_${at}`);
  record.count('blocked', undefined);
  record.reached('a.example');
  record.reached('a.example');
  const summary = record.summary(about);
  assert.deepEqual([summary.verdicts.allowed, summary.verdicts.blocked], [150, 1]);
  assert.equal(summary.receipts.length, 100);
  assert.equal(summary.receipts.at(-1), 'receipt_149');
  assert.deepEqual(summary.reached, { 'a.example': 2 });
});

test('what nobody looks at is said to be bounded, and no door is no way out', () => {
  assert.deepEqual(coverageOf([], new RunRecord({ isOverlay: false })), {
    mcp: 'mediated',
    http: 'closed',
    files: 'bounded',
    processes: 'bounded',
  });
  const none = { isOverlay: false, isAsking: false, isPassing: false };
  const recorded = { ...none, isFilesRecorded: true };
  assert.equal(coverageOf([], { ...recorded, isAsking: true }).shell, 'mediated');
  assert.equal(coverageOf([], recorded).files, 'recorded');
  assert.equal(coverageOf([], { ...recorded, isOverlay: true }).files, 'mediated');
  assert.equal(coverageOf(['*'], recorded).http, 'mediated');
  const declared = coverageOf(['*'], { ...recorded, declared: 'container' });
  assert.deepEqual(
    [declared.http, declared.files, declared.declared],
    ['declared', 'declared', 'container'],
  );
  assert.equal(coverageOf([], { ...recorded, isPassing: true }).models, 'mediated');
});

test('what models were asked is counted by route and candidate, where they are passed', () => {
  const record = new RunRecord({ isOverlay: false, isPassing: true });
  const which = { route: 'writer', asked: 'gpt-5', served: 'openai far https://a.example key' };
  record.served(which, { input_tokens: 5, output_tokens: 2 });
  record.served(which);
  const about = { run_id: 'r', agent_id: 'a', session_id: 's', coverage: coverageOf([], record) };
  const counted = { ...which, answers: 2, input_tokens: 5, output_tokens: 2 };
  assert.deepEqual(record.summary(about).models, [counted]);
  const plain = new RunRecord({ isOverlay: false });
  assert.equal(plain.summary(about).models, undefined);
});
