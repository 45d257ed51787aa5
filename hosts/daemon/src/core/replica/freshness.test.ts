import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Freshness } from './freshness.ts';

const sizes = (node: number, market = 0) => new Map(Object.entries({ node, market }));

test('what is served is as old as the last look whose whole log is verified', () => {
  const freshness = new Freshness();
  assert.equal(freshness.age(0), undefined);
  freshness.looked({ at: 100, term: 1, beat: 7 }, sizes(10, 3));
  freshness.verified(sizes(10, 2));
  assert.equal(freshness.age(100), undefined, 'one log lacks an entry');
  freshness.verified(sizes(10, 3));
  assert.equal(freshness.age(150), 50);
});

test('a busy log does not keep a replica from being fresh', () => {
  const freshness = new Freshness();
  for (let step = 1; step < 50; step += 1) {
    freshness.looked({ at: step, term: 1, beat: step }, sizes(step));
    freshness.verified(sizes(step - 1));
  }
  assert.ok((freshness.age(50) ?? 99) <= 2);
});

test('a writer that stands still, or a server that lags, makes nothing fresh', () => {
  const freshness = new Freshness();
  const look = (at: number, term: number, beat: number): void => {
    freshness.looked({ at, term, beat }, sizes(1));
    freshness.verified(sizes(1));
  };
  look(0, 2, 5);
  look(1_000, 2, 5);
  assert.equal(freshness.age(1_000), 1_000);
  look(2_000, 1, 99);
  assert.equal(freshness.age(2_000), 2_000, 'of a term before');
  look(3_000, 2, 6);
  assert.equal(freshness.age(3_000), 0);
  look(3_500, 2, 4);
  assert.equal(freshness.age(3_500), 500, 'of a count before');
  look(4_000, 3, -1);
  assert.equal(freshness.age(4_000), 0, 'another that starts stirs, too');
  look(4_100, 3, -2);
  assert.equal(freshness.age(4_100), 0);
  look(4_200, 3, -1);
  assert.equal(freshness.age(4_200), 100);
  look(4_300, 3, 1);
  assert.equal(freshness.age(4_300), 0, 'it writes now');
});

test('a server that lags makes nothing younger than it is, nor older than was seen', () => {
  const freshness = new Freshness();
  const look = (at: number, lag: number, beat: number): void => {
    freshness.looked({ at: at - lag, term: 1, beat }, sizes(1));
    freshness.verified(sizes(1));
  };
  look(10_000, 8_000, 5);
  assert.equal(freshness.age(10_000), 8_000, 'at the first look, too');
  look(11_000, 8_000, 6);
  assert.equal(freshness.age(11_000), 8_000, 'though its writer stirs');
  look(12_000, 0, 7);
  look(13_000, 4_000, 8);
  assert.equal(freshness.age(13_000), 1_000);
});

test('a log that is followed from now on is covered once a look that tells it is verified', () => {
  const freshness = new Freshness();
  freshness.looked({ at: 0, term: 1, beat: 1 }, new Map([['node', 4]]));
  freshness.verified(sizes(4, 9));
  assert.deepEqual([freshness.covers('node'), freshness.covers('market')], [true, false]);
  freshness.looked({ at: 50, term: 1, beat: 1 }, sizes(4, 12));
  freshness.verified(sizes(4, 9));
  assert.equal(freshness.covers('market'), false, 'a copy of long ago');
  freshness.verified(sizes(4, 12));
  assert.equal(freshness.covers('market'), true);
  assert.equal(freshness.age(50), 50, 'the writer stands still: nothing is younger');
});
