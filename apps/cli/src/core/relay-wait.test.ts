import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relayWaitMs } from './relay-wait.ts';

test('a node waits longer each time, half a minute at most, and not all at one moment', () => {
  const least = [0, 1, 2, 3, 6, 7, 1000].map((failures) => relayWaitMs(failures, 0));
  assert.deepEqual(least, [250, 500, 1000, 2000, 15_000, 15_000, 15_000]);
  const most = [0, 1, 2, 3, 6, 7, 1000].map((failures) => relayWaitMs(failures, 1));
  assert.deepEqual(most, [500, 1000, 2000, 4000, 30_000, 30_000, 30_000]);
});
