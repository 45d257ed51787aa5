import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frontier, leafHash } from '@ioi/merkle';
import { tablesOf } from './schema-names.ts';
import { droppedSql, identityOf, keepSql, keptIn } from './server-sql.ts';

test('how far a schema goes comes back as it was kept, and what is damaged does not', () => {
  const frontier = ['a', 'b', 'c'].reduce(
    (all, each) => all.append(leafHash(each)),
    Frontier.empty,
  );
  const kept = { domainId: 'd', schema: 's', identity: 'i', frontier, leftOut: 2 };
  const [, peaks = ''] = /, 3, '([0-9a-f ]+)', 2\)/.exec(keepSql(kept)) ?? [];
  const about = { domain_id: 'd', schema_name: 's', identity: 'i', left_out: '2' };
  const found = keptIn({ ...about, size: '3', peaks });
  assert.deepEqual(found?.frontier.root(), frontier.root());
  assert.equal(found?.leftOut, 2);
  assert.equal(keptIn({ ...about, size: '4', peaks }), undefined);
  assert.equal(keptIn({ ...about, size: '3', peaks: `${peaks}0` }), undefined);
});

test('tables of other definitions are others', () => {
  const one = identityOf(tablesOf('node', []));
  assert.equal(one, identityOf(tablesOf('node', [])));
  assert.notEqual(one, identityOf(tablesOf('other', [])));
  assert.notEqual(one, identityOf(tablesOf('node', []).slice(1)));
});

test('a schema may have the name of a word of SQL', () => {
  const [dropped] = droppedSql({ domainId: 'agentgres://domain/select', schema: 'select' });
  assert.equal(dropped, 'DROP SCHEMA IF EXISTS "select" CASCADE');
});
