import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { run, SOME } from './run.ts';

test('nobody approves what they asked for themselves', async () => {
  const tally = await run(SOME);
  deepEqual(tally.failed, []);
  ok(tally.cases >= 20);
  deepEqual(tally.more, [['passing', 0]]);
});
