import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excessOf, holdsOf, narrowed, prlimitArguments, usualLimits } from './limits.ts';

const limits = { memory: 2 ** 30, processes: 10, openFiles: 64 };

test('more than is allowed is named, and no less', () => {
  assert.equal(excessOf(limits, { memory: 2 ** 30, processes: 10 }), undefined);
  assert.match(excessOf(limits, { memory: 0, processes: 11 }) ?? '', /^11 processes/);
  assert.match(excessOf(limits, { memory: 2 ** 31, processes: 1 }) ?? '', /^2048 MiB.*1024 MiB/);
});

test('what the kernel sees to, it is told for each process', () => {
  assert.deepEqual(prlimitArguments({ ...limits, processorSeconds: 5 }), [
    '--data=1073741824',
    '--nproc=15',
    '--nofile=64',
    '--core=0',
    '--cpu=5',
    '--',
  ]);
  assert.ok(!prlimitArguments(limits).some((each) => each.startsWith('--cpu')));
  assert.ok(usualLimits(2 ** 33).memory < 2 ** 33);
});

test('whoever asks for less has less, and never more', () => {
  assert.deepEqual(narrowed(limits), limits);
  const lesser = narrowed(limits, { memory: 2 ** 31, processes: 3 });
  assert.deepEqual(lesser, { ...limits, processes: 3 });
  const timed = { ...limits, processorSeconds: 5 };
  assert.equal(narrowed(timed, { processorSeconds: 9 }).processorSeconds, 5);
  assert.equal(narrowed(limits, { processorSeconds: 9 }).processorSeconds, 9);
});

test('a limit that nobody sees to is not said to hold', () => {
  assert.equal(holdsOf({ hasPrlimit: true, counts: true }).processes, 'both');
  assert.equal(holdsOf({ hasPrlimit: true, counts: false }).processes, 'watch');
  const bare = holdsOf({ hasPrlimit: false, counts: false });
  assert.deepEqual([bare.memory, bare.openFiles], ['watch', 'nobody']);
});
