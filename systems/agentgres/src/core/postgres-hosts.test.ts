import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesIn, asRole, primaryAmong } from './postgres-hosts.ts';

test('a URI of several servers is one address for each, in their order', () => {
  const both = addressesIn('postgresql://ioi:p%40ss@a.example:5433,b.example/ioi?sslmode=require');
  assert.deepEqual(both, [
    'postgresql://ioi:p%40ss@a.example:5433/ioi?sslmode=require',
    'postgresql://ioi:p%40ss@b.example/ioi?sslmode=require',
  ]);
  assert.deepEqual(addressesIn('postgres://a,,a,[::1]:5/x'), [
    'postgres://a/x',
    'postgres://[::1]:5/x',
  ]);
  // A password may hold what parts servers: no piece of it is a server's name.
  assert.deepEqual(addressesIn('postgresql://ioi:a@b,c@h1,h2/ioi'), [
    'postgresql://ioi:a@b,c@h1/ioi',
    'postgresql://ioi:a@b,c@h2/ioi',
  ]);
  assert.deepEqual(addressesIn('postgresql://ioi:a@b,c@h1/ioi'), ['postgresql://ioi:a@b,c@h1/ioi']);
  assert.deepEqual(addressesIn('postgresql:///ioi?sslmode=require&host=a,%2Frun%2cb&port=1,2,3'), [
    'postgresql:///ioi?sslmode=require&host=a&port=1',
    'postgresql:///ioi?sslmode=require&host=%2Frun&port=2',
    'postgresql:///ioi?sslmode=require&host=b&port=3',
  ]);
  assert.deepEqual(addressesIn('postgresql:///ioi?host=a,b&port=5433&x=1,2'), [
    'postgresql:///ioi?host=a&port=5433&x=1,2',
    'postgresql:///ioi?host=b&port=5433&x=1,2',
  ]);
  for (const alone of [
    'postgresql://ioi@a/ioi?x=1,2',
    'postgresql://ioi@/x?host=/run',
    'no, url',
  ]) {
    assert.deepEqual(addressesIn(alone), [alone]);
  }
});

test('of several primaries that of the latest history is taken', () => {
  const [standby, old, late] = [
    { address: 'a', timeline: undefined },
    { address: 'b', timeline: 2 },
    { address: 'c', timeline: 3 },
  ] as const;
  assert.equal(primaryAmong([standby, old, late])?.address, 'c');
  assert.equal(primaryAmong([standby]), undefined);
});

test('another role goes the same way, and takes no password along', () => {
  const url = 'postgresql://ioi:p%40ss@a.example,b.example/ioi?sslmode=require';
  assert.equal(
    asRole(url, 'r', 'a b'),
    'postgresql://r:a%20b@a.example,b.example/ioi?sslmode=require',
  );
  assert.equal(asRole('postgresql:///x?host=/run', 'r', undefined), 'postgresql://r@/x?host=/run');
  assert.equal(asRole('postgresql:///x?user=ioi', 'r', undefined), undefined);
  assert.equal(asRole('no url', 'r', undefined), undefined);
});
