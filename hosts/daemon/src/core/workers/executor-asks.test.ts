import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorAsks } from './executor-asks.ts';

const under = { run_id: `run_${'7a'.repeat(16)}`, fence: '1' };
const step = { index: 0, target: 'fs::read', params: { path: 'a' } };

test('what an executor says is taken where it is whole', () => {
  const whole = [
    { kind: 'ready' },
    { kind: 'renew', ...under },
    { kind: 'step', ...under, step },
    { kind: 'end', ...under, end: { kind: 'returned', output: null } },
    { kind: 'end', ...under, end: { kind: 'raised', code: 'x', message: 'y' } },
    { kind: 'end', ...under, end: { kind: 'raised', code: 'x', message: 'y', trace: 'z' } },
    { kind: 'end', ...under, end: { kind: 'died', code: 'guest.out_of_time', message: 'y' } },
  ];
  for (const said of whole) assert.deepEqual(executorAsks(said), said);
});

test('anything else is nothing, and no code of the node comes from an executor', () => {
  const wrong = [
    ...[undefined, null, 7, 'ready', [], {}, { kind: 'ready', more: 1 }, { kind: 'lease' }],
    ...[{ kind: 'renew' }, { kind: 'renew', ...under, fence: 1 }],
    { kind: 'renew', ...under, fence: '01' },
    ...['run_1', '', 'x'.repeat(1_000_000)].map((run_id) => ({
      kind: 'renew',
      fence: '1',
      run_id,
    })),
    ...[null, [], { ...step, index: -1 }, { ...step, index: 0.5 }, { ...step, params: [] }].map(
      (each) => ({ kind: 'step', ...under, step: each }),
    ),
    { kind: 'step', ...under, step: { ...step, more: 1 } },
    { kind: 'end', ...under, end: { kind: 'returned' } },
    { kind: 'end', ...under, end: { kind: 'died', code: 'lease.lost', message: 'again' } },
    { kind: 'end', ...under, end: { kind: 'died', code: 'run.deadline', message: '' } },
    { kind: 'end', ...under, end: { kind: 'raised', code: 'x', message: 'y'.repeat(20_001) } },
    { kind: 'end', ...under, end: { kind: 'raised', code: 'x', message: 'y', more: 1 } },
  ];
  for (const said of wrong) assert.equal(executorAsks(said), undefined, JSON.stringify(said));
});
