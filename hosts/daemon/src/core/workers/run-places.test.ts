import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasPlace } from './run-places.ts';

const own = { own: { contract_hash: '' } };

test('steps of the node that wait for people take no place from workers', () => {
  const waiting = Array(999).fill(own);
  assert.ok(hasPlace(waiting, [], own));
  assert.ok(!hasPlace(waiting, [own], own));
  assert.ok(hasPlace(waiting, [own, ...Array(999).fill({})], {}));
  assert.ok(!hasPlace(Array(999).fill({}), [{}], {}));
  assert.ok(hasPlace(Array(1000).fill({}), [], own));
});
