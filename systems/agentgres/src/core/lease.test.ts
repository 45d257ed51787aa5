import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStale, seen } from './lease.ts';

const lease = { member: 'one', term: 1, beat: 7 };

test('a lease is stale when it stood still by the clock of whoever looks', () => {
  const first = seen(undefined, lease, 1_000);
  const again = seen(first, { ...lease }, 5_000);
  const patience = { writing: 5_000, starting: 30_000 };
  assert.equal(isStale(again, 5_999, patience), false);
  assert.equal(isStale(again, 6_000, patience), true);
  const starting = seen(undefined, { ...lease, beat: 0 }, 1_000);
  assert.equal(isStale(starting, 30_999, patience), false, 'to start takes longer');
  assert.equal(isStale(starting, 31_000, patience), true);
  assert.equal(isStale(seen(undefined, { ...lease, member: '' }, 0), 0, patience), true);
  for (const moved of [{ beat: 8 }, { term: 2 }, { member: 'two' }]) {
    assert.equal(isStale(seen(again, { ...lease, ...moved }, 6_000), 6_000, patience), false);
  }
});
