import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { probeSandbox } from '@ioi/drivers/shell';
import { allAttempts } from './attempt.ts';
import { run, someAttempts } from './run.ts';

const probed = probeSandbox();
const skip = probed.ok ? false : `${probed.refusal.cause}: ${probed.refusal.fix}`;

test('there are more than three hundred ways, each another', () => {
  const all = allAttempts();
  ok(all.length >= 300);
  const distinct = new Set(all.map(({ script, target }) => `${target} ${script}`));
  deepEqual(distinct.size, all.length);
});

test('nothing gets out of a sandbox', { skip, timeout: 280_000 }, async () => {
  const some = someAttempts();
  ok(some.length >= 40);
  const tally = await run(some, false);
  deepEqual(tally.failed, []);
  deepEqual(new Map(tally.more).get('succeeded'), 0);
});
