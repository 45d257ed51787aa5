import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inTurns } from './in-turns.ts';

test('others have their turn while something long is worked out', async () => {
  function* working(): Generator<undefined, string> {
    for (let step = 0; step < 100; step += 1) yield;
    return 'done';
  }
  let turns = 0;
  let isOver = false;
  const others = (async () => {
    for (; !isOver; turns += 1) await setImmediate();
  })();
  assert.equal(await inTurns(working()), 'done');
  isOver = true;
  await others;
  assert.ok(turns >= 20, String(turns));
});
