import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('so many pass in each second, and the next second begins anew', () => {
  const pace = new Pace(3);
  const passed = [0, 1, 2, 3, 999, 1000, 1001, 1002, 1003].map((now) => pace.isWithin(now));
  assert.deepEqual(passed, [true, true, true, false, false, true, true, true, false]);
});
