import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFault } from './assert.ts';
import { BoundedMap } from './bounded-map.ts';

test('a full map forgets its oldest entry and hands it back', () => {
  const map = new BoundedMap<string, number>(2);
  equal(map.set('a', 1), undefined);
  equal(map.set('b', 2), undefined);
  deepEqual(map.set('c', 3), ['a', 1]);
  deepEqual(
    [...map.entries()],
    [
      ['b', 2],
      ['c', 3],
    ],
  );
  equal(map.has('a'), false);
  equal(map.get('b'), 2);
  equal(map.delete('b'), true);
  equal(map.delete('b'), false);
  equal(map.size, 1);
});

test('setting a key again makes it the newest, reading it does not', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.get('b');
  deepEqual(map.set('c', 4), ['b', 2]);
});

test('a map never holds more than its capacity', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(20)), (limit, keys) => {
      const map = new BoundedMap<number, number>(limit);
      for (const key of keys) map.set(key, key);
      const newest = [...new Set([...keys].reverse())].slice(0, limit).reverse();
      deepEqual(
        [...map.entries()].map(([key]) => key),
        newest,
      );
    }),
  );
});

test('a map without room is a bug', () => {
  throws(() => new BoundedMap(0), AssertionFault);
});
