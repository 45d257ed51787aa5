import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerRunScorecard, WorkerRunStatus } from '@ioi/protocol';
import { workerRunLines, workerScoreLines, workerStepLines } from './worker-run-view.ts';

const envelope = { run_id: 'run_1', state: 'failed' } as WorkerRunStatus['envelope'];

test('a run is told with why it failed, line by line, and with what waits', () => {
  const status = {
    ...{ envelope, steps: 2, waiting: ['sha256:aa'], session_id: 's', confinement: 'none' },
    ...{ code: 'worker.raised', detail: 'no\nline 3' },
  } as unknown as WorkerRunStatus;
  const lines = workerRunLines(status);
  assert.equal(lines[0], 'run_1: failed, 2 steps');
  assert.ok(lines.includes('  line 3') && lines.includes('code: worker.raised'));
  assert.ok(lines.some((line) => line.includes('sha256:aa')));
  assert.ok(lines.some((line) => line.startsWith('nothing holds its program')));
  assert.ok(!lines.some((line) => line.startsWith('output')));
  const queued = workerRunLines({ ...status, ahead: 3 });
  assert.ok(queued.includes('waits for its turn: 3 before it'));
});

test('a step is told by its place, what it was, and what became of it', () => {
  const [line = ''] = workerStepLines([
    { index: 7, target: 'fs::write', state: 'refused', code: 'policy.blocked' },
  ]);
  assert.match(line, /^ {3}7 {2}fs::write {2}refused {2}policy\.blocked$/);
  const token_usage = { input_tokens: 50, output_tokens: 7 };
  const [asked = ''] = workerStepLines([
    { index: 8, target: 'model::invoke', state: 'done', token_usage },
  ]);
  assert.match(asked, /done {2}50 tokens in, 7 out$/);
});

test('a scorecard tells entry by entry what was kept, and what nobody decided', () => {
  const contract = { template_id: 'tpl:a' };
  const counted = { steps: 2, done: 1, refused: 1, failed: 0, waiting: 0 };
  const score: WorkerRunScorecard = { run_id: 'run_1', state: 'running', ...counted, contract };
  assert.deepEqual(workerScoreLines(score), [
    'run_1: running',
    '2 steps: 1 done, 1 refused, 0 failed, 0 waiting',
    'tpl:a: judged once it has ended',
  ]);
  const judged = [
    { entry: 'rubric.max_words', verdict: 'kept' as const, why: 'the output is so' },
    { entry: 'rubric.tone', verdict: 'not_decided' as const, why: 'people judge it' },
  ];
  const about = { ...contract, contract_hash: 'sha256:aa', tier: '4B' as const };
  const adjudication = { ...about, verdict: 'not_decided' as const, judged };
  assert.deepEqual(workerScoreLines({ ...score, adjudication }).slice(2), [
    'tpl:a: not_decided, tier 4B',
    '  rubric.max_words  kept         the output is so',
    '  rubric.tone       not_decided  people judge it',
  ]);
});
