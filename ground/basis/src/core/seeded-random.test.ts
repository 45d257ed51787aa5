import { deepEqual, equal, notDeepEqual, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault } from './assert.ts';
import { seededRandom } from './seeded-random.ts';

test('the same seed gives the same numbers, another seed others', () => {
  const take = (seed: number | string): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 8 }, () => random.next());
  };
  deepEqual(take(7), take(7));
  deepEqual(take('crash-at-commit'), take('crash-at-commit'));
  notDeepEqual(take(7), take(8));
  notDeepEqual(take('a'), take('b'));
});

test('the generator is xoshiro128** and stays so', () => {
  const random = seededRandom(1);
  const drawn = Array.from({ length: 4 }, () => random.next());
  deepEqual(drawn, [393288148, 2174103013, 3814759091, 2092745082]);
});

test('numbers below a limit are spread evenly', () => {
  const random = seededRandom(42);
  const counts = new Array<number>(6).fill(0);
  for (let round = 0; round < 60_000; round += 1) {
    const drawn = random.below(6);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  equal(counts.length, 6);
  for (const count of counts) ok(Math.abs(count - 10_000) < 500, `${count} of about 10,000`);
  equal(random.below(1), 0);
  ok(random.below(2 ** 32) >= 0);
});

test('bytes fill the range', () => {
  const bytes = seededRandom('bytes').bytes(4096);
  equal(bytes.length, 4096);
  equal(new Set(bytes).size, 256);
});

test('a limit outside 1..2^32 is a bug', () => {
  for (const limit of [0, -1, 2 ** 32 + 1, 0.5])
    throws(() => seededRandom(1).below(limit), AssertionFault);
});
