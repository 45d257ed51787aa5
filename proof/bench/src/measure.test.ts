import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { interleave, median, percentile } from './measure.ts';

test('candidates take turns and warm-up rounds are not counted', () => {
  const calls: string[] = [];
  const candidate = (name: string) => (): number => calls.push(name);
  const rounds = { batch: 2, rounds: 2, warmUp: 1 };
  const samples = interleave({ a: candidate('a'), b: candidate('b') }, rounds);
  deepEqual(calls, ['a', 'a', 'b', 'b', 'a', 'a', 'b', 'b', 'a', 'a', 'b', 'b']);
  deepEqual([samples.a.length, samples.b.length], [2, 2]);
  ok(samples.a.every((sample) => sample >= 0));
});

test('a candidate that fails is noticed', () => {
  throws(() => interleave({ a: () => Number.NaN }, { batch: 1, rounds: 1, warmUp: 0 }));
});

test('percentiles are samples, by nearest rank', () => {
  const samples = [5, 1, 4, 2, 3];
  equal(median(samples), 3);
  equal(percentile(samples, 0.99), 5);
  equal(percentile(samples, 0), 1);
  equal(percentile(samples, 0.2), 1);
  equal(percentile(samples, 0.21), 2);
  throws(() => median([]));
});
