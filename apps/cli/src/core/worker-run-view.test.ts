import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerRunStatus } from '@ioi/protocol';
import { workerRunLines, workerStepLines } from './worker-run-view.ts';

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
});

test('a step is told by its place, what it was, and what became of it', () => {
  const [line = ''] = workerStepLines([
    { index: 7, target: 'fs::write', state: 'refused', code: 'policy.blocked' },
  ]);
  assert.match(line, /^ {3}7 {2}fs::write {2}refused {2}policy\.blocked$/);
});
