import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry, ProjectionDefinition } from '@ioi/protocol';
import { schemaName, tablesOf } from './schema-names.ts';
import { type BridgeTable, planRows, tableSql } from './table-rows.ts';

const definition: ProjectionDefinition = {
  projection: 'projection://market.example/the-prices',
  version: '1.0.0',
  summary: "What it's for",
  kind: 'relational',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'price', type: 'integer' },
  ],
  key: ['id'],
  rules: [
    { on: 'object.put', key: ['/event/id'], set: { price: '/event/price' } },
    { on: 'object.deleted', key: ['/event/id'], delete: true },
  ],
};
const prices = tablesOf('market_example', [definition]).find(
  ({ name }) => name === 'the_prices',
) as BridgeTable;

function entry(seq: number, ...events: object[]): LogEntry {
  return { seq: String(seq), events } as unknown as LogEntry;
}
const put = (id: string, price: number) => ({ type: 'object.put', id, price });
const gone = (id: string) => ({ type: 'object.deleted', id });

test('a projection is a table with its key and the entry of each row', () => {
  assert.deepEqual(tableSql(prices), [
    'CREATE TABLE "market_example"."the_prices" ("id" text NOT NULL, "price" bigint, ' +
      '"_seq" bigint NOT NULL, PRIMARY KEY ("id"))',
    `COMMENT ON TABLE "market_example"."the_prices" IS 'What it''s for'`,
  ]);
  assert.ok(tablesOf('node', []).length >= 15);
});

test('entries become changes in the order of the log, those of one kind together', () => {
  const { sql, leftOut } = planRows(
    [prices],
    [entry(3, put('a', 1), put("b'", 2)), entry(4, put('a', 5)), entry(5, gone('a'))],
  );
  const into = 'INSERT INTO "market_example"."the_prices" ("id", "price", "_seq") VALUES';
  const then =
    'ON CONFLICT ("id") DO UPDATE SET "price" = excluded."price", "_seq" = excluded."_seq"';
  assert.deepEqual(sql, [
    `${into} ('a', 1, 3), ('b''', 2, 3) ${then}`,
    `${into} ('a', 5, 4) ${then}`,
    `DELETE FROM "market_example"."the_prices" WHERE ("id") IN (('a'))`,
  ]);
  assert.equal(leftOut, 0);
});

test('a text keeps its characters but zero, and a key that no index holds is left out', () => {
  const { sql, leftOut } = planRows(
    [prices],
    [entry(1, put('a\0\\', 1), put('x'.repeat(1_001), 2), put('\u6f22'.repeat(900), 3))],
  );
  assert.match(sql.join(), /VALUES \('a\ufffd\\', 1, 1\) ON/);
  assert.equal(leftOut, 2);
});

test('schemas are names without quotes, and each its own', () => {
  assert.equal(schemaName('market.example', new Set()), 'market_example');
  assert.equal(schemaName('market-example', new Set(['market_example'])), 'market_example_2');
  assert.equal(schemaName('node', new Set()), 'node_2');
  assert.equal(schemaName('1.example', new Set()), 'd_1_example');
});

test('a definition that PostgreSQL takes for no table is none, and stops nobody', () => {
  const own = tablesOf('node', []).length;
  const { definition } = prices.table;
  const taken = (columns: readonly object[]) => {
    return tablesOf('node', [{ ...definition, columns }]).length - own;
  };
  const price = { name: 'price', type: 'integer' };
  assert.equal(taken([{ name: 'id', type: 'text' }, price]), 1);
  assert.equal(taken([{ name: 'id', type: 'json' }, price]), 0);
  assert.equal(taken([{ name: 'id', type: 'text' }, price, { name: 'ctid', type: 'text' }]), 0);
});
