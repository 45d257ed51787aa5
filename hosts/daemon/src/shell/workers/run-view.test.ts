import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerRunHead } from '@ioi/law';
import { RunView, type Viewing } from './run-view.ts';
import { Sayings } from './sayings.ts';

const SECRET = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;

function headOf(more: object): WorkerRunHead {
  const run = {
    run_id: 'run_1',
    worker_id: 'worker://n/w',
    session_id: 's',
    task: { task_id: 't' },
  };
  return { run, opened_seq: '3', state: 'open', answers: 0, ...more } as unknown as WorkerRunHead;
}

function viewOf(head: WorkerRunHead, size: number, live?: object): RunView {
  const reader = {
    size,
    get: () => head,
    headsOf: () => [{ value: head }],
    entry: () => undefined,
  };
  const sayings = new Sayings();
  const viewing = { reader, nodeId: 'node://n', find: () => live, sayings };
  return new RunView(viewing as unknown as Viewing);
}

test('an end that the heads have before it is known as sealed is none yet', () => {
  const head = headOf({ state: 'failed', ended_seq: '7' });
  const view = viewOf(head, 7);
  assert.equal(view.status(head).envelope.state, 'running');
  assert.deepEqual(
    view.list().map(({ state }) => state),
    ['running'],
  );
  assert.deepEqual(
    view.artifacts(headOf({ run: { run_id: 'r' }, ended_seq: '7' })).output,
    undefined,
  );
  assert.throws(() => viewOf(head, 8).status(head), /has its end in the log/);
});

test('a secret in why a run fails is not told before its end is sealed either', () => {
  const detail = `it was ${SECRET}`;
  const live = { run: { state: 'failed', steps: 1, code: 'worker.raised', detail }, waiting: [] };
  const status = viewOf(headOf({}), 7, live).status(headOf({}));
  assert.equal(status.envelope.state, 'running');
  assert.match(status.detail ?? '', /^it was \[redacted:/);
});
