import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf } from '../../testing/projections.ts';
import { pageToken, queryOf, referenceQuery } from './query.ts';
import { tableOf } from './table.ts';
import { decodeResume, decodeToken, encodeToken, watermarkSeq } from './tokens.ts';

const made = tableOf(definitionOf([{ on: 'a.put', key: ['/event/id'], set: {} }]));
assert.ok(made.ok);
const table = made.value;

test('a query is refused by the place that is wrong', () => {
  const wrong: [object, RegExp][] = [
    [{ where: { nope: 1 } }, /no column nope; there are id, text/],
    [{ where: [] }, /\/where must be/],
    [{ where: { count: 'x' } }, /\/where\/count holds integer/],
    [{ where: { more: 'x' } }, /json column/],
    [{ where: { count: { near: 1 } } }, /near is none of/],
    [{ where: { count: { constructor: 1 } } }, /constructor is none of/],
    [{ where: { count: { prefix: '1' } } }, /text column/],
    [{ order: ['-nope'] }, /no column nope/],
    [{ order: 'more' }, /json/],
    [{ limit: 0 }, /\/limit/],
    [{ limit: 1001 }, /\/limit/],
    [{ after: 'x' }, /\/after/],
  ];
  for (const [asked, says] of wrong) {
    const query = queryOf(asked, table);
    assert.ok(!query.ok, JSON.stringify(asked));
    assert.equal(query.error.code, 'query.invalid');
    assert.match(query.error.message, says);
  }
});

test('a page token fits the query it came from, and no other', () => {
  const asked = { order: ['-count'], limit: 1 };
  const query = queryOf(asked, table);
  assert.ok(query.ok);
  const rows = [3, 1, null, 2].map((count, at) => [`i${at}`, null, count, null, null]);
  const [first = []] = referenceQuery(rows, query.value);
  const after = pageToken(first, query.value, table);
  const next = queryOf({ ...asked, after }, table);
  assert.ok(next.ok);
  assert.deepEqual(referenceQuery(rows, next.value)[0]?.[2], 2);
  assert.ok(!queryOf({ order: ['count'], after }, table).ok);
  const other = tableOf({ ...table.definition, version: '1.0.1' });
  assert.ok(other.ok && !queryOf({ ...asked, after }, other.value).ok);
});

test('a prefix takes every text that begins so, whatever follows', () => {
  const query = queryOf({ where: { text: { prefix: 'a\u{10ffff}' } } }, table);
  assert.ok(query.ok);
  const texts = ['a\u{10ffff}', 'a\u{10ffff}\u{10ffff}z', 'b', 'a', 'a\u{fffd}'];
  const found = referenceQuery(
    texts.map((text, at) => [`${at}`, text]),
    query.value,
  );
  assert.deepEqual(
    found.map(([id]) => id),
    ['0', '1'],
  );
});

test('tokens have one spelling, and what is none is refused', () => {
  const hash = `sha256:${'a'.repeat(64)}`;
  const place = { definition_hash: hash, seq: '7', log_root: hash };
  const token = { domain_id: 'd', projection: 'p', ...place };
  assert.deepEqual(decodeResume(encodeToken(token)), token);
  assert.equal(decodeResume(encodeToken({ ...token, seq: '07' })), undefined);
  assert.equal(decodeResume(encodeToken({ ...token, more: 1 })), undefined);
  for (const bad of ['', 'x', '!!', `${encodeToken(token)}=`, 'W10', 'e30A']) {
    assert.equal(decodeToken(bad), undefined, bad);
  }
  assert.equal(watermarkSeq('domain_seq:12'), 12);
  assert.equal(watermarkSeq('domain_seq:-1'), undefined);
  assert.equal(watermarkSeq('domain_seq:9999999999999999'), undefined);
});
