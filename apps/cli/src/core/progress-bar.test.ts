import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressBar } from './progress-bar.ts';

test('a bar is full when all is done, and never more than full', () => {
  assert.match(progressBar('verifying', 0, 10), /^verifying {2}░{24} {3}0%$/);
  assert.match(progressBar('verifying', 5, 10), /█{12}░{12} {2}50%$/);
  for (const [done, of] of [
    [10, 10],
    [11, 10],
    [0, 0],
  ] as const) {
    assert.match(progressBar('verifying', done, of), /█{24} 100%$/);
  }
});
