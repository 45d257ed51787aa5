import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import knex from 'knex';
import pgPromise from 'pg-promise';
import { QueryTypes, Sequelize } from 'sequelize';
import { createPool, sql } from 'slonik';
import { BridgeProcess } from '../testing/bridge-process.ts';
import { openMarket } from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

const run = promisify(execFile);
const node = new TestNode();
const SERVICES = 8;
const SCHEMA = 'market_example';
const SERVICE = `object_class = 'Service'`;
const JAVA = join(import.meta.dirname, '..', 'testing', 'Reads.java');
/** Of Debian's package, and of Maven. */
const DRIVERS: readonly string[] = [
  '/usr/share/java/postgresql.jar',
  ...globSync(join(homedir(), '.m2/repository/org/postgresql/postgresql/*/postgresql-*.jar')),
];
let bridge: BridgeProcess;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, SERVICES);
  bridge = await BridgeProcess.start(node);
});

after(async () => {
  await (bridge as BridgeProcess | undefined)?.close();
  await node.close();
});

test('knex introspects and queries, unmodified', async () => {
  const db = knex({ client: 'pg', connection: bridge.url.href });
  const columns = await db('objects').withSchema(SCHEMA).columnInfo();
  assert.equal(columns['object_class']?.type, 'text');
  assert.ok(await db.schema.withSchema(SCHEMA).hasTable('objects'));
  const rows = await db(`${SCHEMA}.objects`).where({ object_class: 'Service' }).orderBy('id');
  assert.equal(rows.length, SERVICES);
  await db.transaction((each) => each.raw('SELECT 1'), { readOnly: true });
  await assert.rejects(db(`${SCHEMA}.objects`).delete(), { code: '25006' });
  await db.destroy();
});

test('sequelize introspects and queries, unmodified', async () => {
  const db = new Sequelize(bridge.url.href, { logging: false });
  await db.authenticate();
  const about = await db.getQueryInterface().describeTable('objects', SCHEMA);
  assert.equal(about['id']?.type, 'TEXT');
  const found = `SELECT count(*)::int AS n FROM ${SCHEMA}.objects WHERE object_class = :name`;
  const asked = { replacements: { name: 'Service' }, type: QueryTypes.SELECT } as const;
  assert.deepEqual(await db.query(found, asked), [{ n: SERVICES }]);
  await db.close();
});

test('pg-promise and slonik query, unmodified', async () => {
  const library = pgPromise();
  const promised = library(bridge.url.href);
  const all = await promised.task((each) => {
    return each.batch([
      each.one('SELECT count(*)::int AS n FROM $1:name.objects WHERE id = $2', [SCHEMA, 'svc_1']),
      each.many(`SELECT id FROM ${SCHEMA}.objects WHERE ${SERVICE}`),
    ]);
  });
  assert.deepEqual([all[0], all[1].length], [{ n: 1 }, SERVICES]);
  library.end();
  const pool = await createPool(bridge.url.href);
  const ids = await pool.anyFirst(
    sql.unsafe`SELECT id FROM market_example.objects WHERE object_class = ${'Service'}`,
  );
  assert.equal(ids.length, SERVICES);
  await pool.end();
});

const driver = DRIVERS.find((each) => existsSync(each));

test('JDBC reads metadata, and prepared statements in parts, over TLS', {
  skip:
    (driver === undefined && 'no JDBC driver') ||
    (spawnSync('javac', ['-version']).status !== 0 && 'no JDK'),
}, async () => {
  const { hostname, port } = bridge.url;
  const about = new URLSearchParams({ user: 'reader', password: bridge.password });
  const url = `jdbc:postgresql://${hostname}:${port}/postgres?${about}&sslmode=require`;
  const { stdout } = await run('java', ['-cp', String(driver), JAVA, url]);
  const [counts = ''] = /( ?[0-9]+ ){7}$/.exec(stdout) ?? [];
  assert.match(stdout, /^object_class id .*_seq /);
  assert.deepEqual(counts.trim().split(/ +/).map(Number), Array(7).fill(SERVICES));
});
