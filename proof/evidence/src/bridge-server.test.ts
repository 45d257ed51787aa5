import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { newOperationId } from '@ioi/agentgres/shell';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { seededRandom } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import {
  BridgeProcess,
  closed,
  harmfulSql,
  MARKET,
  mutatedFrame,
  openMarket,
  sampleService,
  TestNode,
} from '@ioi/cli/testing';
import type pg from 'pg';

const run = promisify(execFile);
const skip = whyNoPostgres() ?? (spawnSync('psql', ['--version']).status === 0 ? false : 'no psql');
const SERVICES = 20;
const COUNT =
  "SELECT count(*)::int AS n FROM market_example.objects WHERE object_class = 'Service'";
const LONG = 'SELECT count(*) FROM generate_series(1, 1e10)';

const node = new TestNode();
let server: PostgresServer;
let bridge: BridgeProcess;

before(async () => {
  if (skip) return;
  server = await PostgresServer.start({ settings: ['max_connections = 130'] });
  await setUp();
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, SERVICES);
  bridge = await BridgeProcess.start(node, '--patience', '2', '--submit', MARKET);
});

after(async () => {
  if (skip) return;
  // One that did not start leaves the others to be ended.
  await (bridge as BridgeProcess | undefined)?.close();
  await node.close();
  await server.remove();
});

/** The script that `ioi bridge setup` prints, run by psql as it is. */
async function setUp(): Promise<void> {
  const { code, stdout, stderr } = await node.ioi('bridge', 'setup');
  assert.equal(code, 0, stderr);
  const script = join(node.folder, 'setup.sql');
  writeFileSync(script, stdout);
  await run('psql', ['-X', '-q', '-f', script, server.url()]);
  const folder = join(node.home.folder, 'bridge');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = { url: server.url('ioi_bridge', 'ioi_bridge') };
  writeFileSync(join(folder, 'server.json'), JSON.stringify(config), { mode: 0o600 });
}

function putService(id: string): Promise<number> {
  const payload = sampleService(id, 7);
  const submitted = node.daemon.domains.submit(MARKET, { operation: 'objects/put', payload });
  return submitted.then(({ entry }) => Number(entry.seq));
}

/** As the server's owner, past the bridge. */
async function inDatabase(sql: string): Promise<Record<string, unknown>[]> {
  return await server.query(sql, 'ioi_bridge');
}

test('tables are in the server, and a table holds what ioi query answers', { skip }, async () => {
  const { rows: told } = await node.daemon.query({
    domain: MARKET,
    projection: 'projection://*/objects',
    consistency: 'linearized_domain',
    limit: 1_000,
  });
  const client = await bridge.connected();
  const { rows } = await client.query(
    'SELECT * FROM market_example.objects ORDER BY object_class, id',
  );
  assert.deepEqual(
    rows.map(({ _seq, ...row }) => row),
    told,
  );
  const [{ name } = {}] = (await client.query('SELECT current_user AS name')).rows;
  assert.equal(name, 'ioi_reader');
  const envelopes = await client.query('SELECT envelope FROM agentgres.bridge_projections');
  assert.ok(envelopes.rows.length > 15);
  await client.end();
  assert.equal((await inDatabase(COUNT))[0]?.['n'], SERVICES);
});

test('a long query keeps nobody waiting, and is cancelled alone', { skip }, async () => {
  const [long, other] = await Promise.all([bridge.connected(), bridge.connected()]);
  const running = long.query(LONG);
  const refused = assert.rejects(running, { code: '57014' });
  await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  for (let at = 0; at < 20; at += 1) {
    assert.equal((await other.query(COUNT)).rows[0]?.n, SERVICES);
  }
  await bridge.cancel(long);
  await refused;
  assert.equal((await long.query('SELECT 1 AS n')).rows[0]?.n, 1);
  assert.equal((await other.query(COUNT)).rows[0]?.n, SERVICES);
  await other.query('COMMIT');
  await Promise.all([long.end(), other.end()]);
});

test('an answer says what its rows reflect at least, in a snapshot too', { skip }, async () => {
  const client = await bridge.connected();
  const told = new Map<string, string>();
  client.connection.on(
    'parameterStatus',
    (each: { parameterName: string; parameterValue: string }) => {
      told.set(each.parameterName, each.parameterValue);
    },
  );
  const reached = (seq: number) => client.query(`SET agentgres.await_seq = '${MARKET}:${seq}'`);
  await reached(await putService('svc_a'));
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const before = (await client.query(COUNT)).rows;
  const mark = told.get('agentgres.watermark.market_example');
  const seq = await putService('svc_b');
  const other = await bridge.connected();
  await other.query(`SET agentgres.await_seq = '${MARKET}:${seq}'`);
  await other.end();
  assert.deepEqual((await client.query(COUNT)).rows, before);
  assert.equal(told.get('agentgres.watermark.market_example'), mark);
  await client.query('COMMIT');
  await reached(seq);
  const { rows } = await client.query(
    `SELECT _seq, (SELECT seq FROM agentgres.watermarks WHERE schema_name = 'market_example')
      FROM market_example.objects WHERE id = 'svc_b'`,
  );
  assert.equal(rows[0]?._seq, seq);
  assert.equal(told.get('agentgres.watermark.market_example'), `domain_seq:${rows[0]?.seq}`);
  await client.end();
});

/** Everything that is there, and everything that may change it. */
const STATE = `
  SELECT (SELECT json_agg(o ORDER BY o) FROM (SELECT id FROM market_example.objects) AS o) AS rows,
    (SELECT count(*) FROM pg_class) AS relations, (SELECT count(*) FROM pg_proc) AS functions,
    (SELECT count(*) FROM pg_largeobject_metadata) AS large,
    (SELECT string_agg(r.*::text, ',' ORDER BY oid) FROM pg_roles AS r) AS roles,
    (SELECT string_agg(s.*::text, ',' ORDER BY setrole) FROM pg_db_role_setting AS s) AS settings,
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks,
    (SELECT string_agg(c.relacl::text, ',' ORDER BY oid) FROM pg_class AS c) AS rights`;

test('fuzzed SQL writes nothing on the server', { skip }, async () => {
  const random = seededRandom(46);
  const before = await inDatabase(STATE);
  let client = await bridge.connected();
  let refused = 0;
  for (let at = 0; at < 1_000; at += 1) {
    const text = harmfulSql(random)
      .replaceAll('postgres', 'ioi_bridge')
      .replaceAll('TO reader', 'TO ioi_reader');
    const asked = at % 2 === 0 ? { text } : { text, values: [], queryMode: 'extended' };
    const answer = client.query(asked as pg.QueryConfig).catch((fault: pg.DatabaseError) => fault);
    if ((await answer) instanceof Error) refused += 1;
    if (at % 10 === 9) await client.query('ROLLBACK');
    if (at % 100 !== 99) continue;
    const { rows } = await client.query(
      `SELECT session_user, current_user, current_setting('transaction_read_only') AS read_only`,
    );
    const [reader] = rows;
    assert.deepEqual(Object.values(reader), ['ioi_reader', 'ioi_reader', 'on']);
    await client.end();
    client = await bridge.connected();
  }
  await client.end();
  assert.deepEqual(await inDatabase(STATE), before);
  assert.ok(refused > 850, `${refused} of 1000 were refused`);
});

test('what is submitted over SQL is sealed, read back from the server, and submitted once', {
  skip,
}, async () => {
  const client = await bridge.connected();
  const text = 'SELECT agentgres.submit($1)';
  const given = (id: string, more: object = {}): string => {
    const payload = sampleService(id, 9);
    return JSON.stringify({ domain: MARKET, operation: 'objects/put', payload, ...more });
  };
  const operation_id = newOperationId();
  const asked = { name: 'kept', text, values: [given('svc_sql', { operation_id })] };
  const [{ submit }] = (await client.query(asked)).rows;
  assert.equal(submit.operation_id, operation_id);
  assert.ok(Number(submit.sealed_size) > Number(submit.seq));
  await client.query(`SET agentgres.await_seq = '${MARKET}:${submit.seq}'`);
  const found = await client.query(
    "SELECT id, _seq::text AS seq FROM market_example.objects WHERE id = 'svc_sql'",
  );
  assert.deepEqual(found.rows, [{ id: 'svc_sql', seq: String(submit.seq) }]);
  await assert.rejects(client.query(asked), { code: '23505', detail: 'operation.duplicate' });
  await client.query('BEGIN');
  await assert.rejects(client.query(text, [given('svc_in')]), { code: '25001' });
  await client.query('ROLLBACK');
  const elsewhere = given('svc_no', { domain: 'other.example' });
  await assert.rejects(client.query(text, [elsewhere]), {
    code: '42501',
    detail: /bridge\.submit_closed/,
  });
  const inside = `SELECT id, agentgres.submit('${given('svc_no')}') FROM market_example.objects`;
  await assert.rejects(client.query(inside), { code: /^(42883|3F000)$/ });
  const past = `SELECT agentgres.submit('${given('svc_no')}')`;
  const none = await server.query(past, 'ioi_bridge', 'ioi_reader').catch((fault) => fault.code);
  assert.ok(['3F000', '42883', '42501'].includes(none), 'the server itself has no such function');
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM market_example.objects WHERE id IN ('svc_in', 'svc_no')",
  );
  assert.deepEqual(rows, [{ n: 0 }]);
  await client.end();
});

test('the reader can write nothing even past the front', { skip }, async () => {
  const past = async (sql: string): Promise<unknown> => {
    return await server.query(sql, 'ioi_bridge', 'ioi_reader').catch((fault) => fault.code);
  };
  const off = 'SET default_transaction_read_only = off; SET transaction_read_only = off; ';
  for (const sql of [
    'INSERT INTO market_example.objects (id) VALUES (1)',
    'CREATE TEMP TABLE x (a int)',
    'CREATE TABLE public.x (a int)',
    'CREATE SCHEMA x',
    'SET ROLE ioi_bridge',
    'SET SESSION AUTHORIZATION ioi_bridge',
    'SELECT lo_create(0)',
    'SELECT pg_advisory_lock(1)',
    `SELECT set_config('x.y', 'z', false)`,
    `SELECT pg_terminate_backend(1)`,
    `COPY (SELECT 1) TO PROGRAM 'cat'`,
    'SELECT * FROM agentgres.kept',
    'DO $$ BEGIN END $$',
  ]) {
    assert.equal(await past(off + sql), '42501', sql);
  }
});

test('pgbench runs prepared statements in 64 sessions of the server', { skip }, async () => {
  const script = join(node.folder, 'select.sql');
  writeFileSync(
    script,
    '\\set i random(0, 20)\nSELECT event, _seq FROM node.audit WHERE seq = :i;\n',
  );
  const args = ['-n', '-M', 'prepared', '-c', '64', '-t', '10', '-f', script];
  const { stdout } = await run('pgbench', args, { env: bridge.env });
  assert.match(stdout, /number of transactions actually processed: 640\/640/);
});

test('answers that are long, asked in parts, or without Sync, come whole', { skip }, async () => {
  const client = await bridge.connected();
  const long = await client.query(`SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000)`);
  assert.equal(long.rows.length, 20_000);
  await assert.rejects(
    client.query(`SELECT repeat('x', 1000) AS x FROM generate_series(1, 100000)`),
    (fault: pg.DatabaseError) => /bridge\.answer_too_large/.test(fault.detail ?? ''),
  );
  await client.query('BEGIN');
  await client.query('DECLARE c CURSOR FOR SELECT i FROM generate_series(1, 10) AS i');
  assert.equal((await client.query('FETCH 4 FROM c')).rows.length, 4);
  assert.equal((await client.query('FETCH ALL FROM c')).rows.length, 6);
  await client.query('COMMIT');
  await client.end();
});

test('mutated frames end their own session of the server at most', { skip }, async () => {
  const random = seededRandom(47);
  const kept = await bridge.connected();
  for (let at = 0; at < 40; at += 1) {
    const socket = await bridge.entered();
    for (let frame = 0; frame < 50; frame += 1) socket.write(mutatedFrame(random));
    socket.end();
    await closed(socket);
  }
  assert.ok((await kept.query(COUNT)).rows[0]?.n >= SERVICES);
  await kept.end();
  const left = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'ioi_reader'`;
  await until('no session is left behind', async () => (await inDatabase(left))[0]?.['n'] === 0);
});

test('a bridge that starts again goes on where it was; a server that is gone is waited for', {
  skip,
}, async () => {
  const made = "SELECT oid::int FROM pg_namespace WHERE nspname = 'market_example'";
  const [before] = await inDatabase(made);
  await bridge.close();
  const seq = await putService('svc_c');
  bridge = await BridgeProcess.start(node, '--patience', '2', '--submit', MARKET);
  assert.deepEqual((await inDatabase(made))[0], before);
  const reached = async () => {
    const client = await bridge.connected();
    try {
      await client.query(`SET agentgres.await_seq = '${MARKET}:${seq}'`);
      return (await client.query(`SELECT id FROM market_example.objects WHERE id = 'svc_c'`)).rows;
    } finally {
      await client.end();
    }
  };
  assert.deepEqual(await reached(), [{ id: 'svc_c' }]);
  await server.end('SIGKILL');
  await server.restart();
  const rows = await until('the bridge is there again', () => reached().catch(() => undefined));
  assert.deepEqual(rows, [{ id: 'svc_c' }]);
});

/** What needs no room, so that nothing but its caller ends it. */
const ENDLESS = 'SELECT count(*) FROM generate_series(1, 1e5) AS a, generate_series(1, 1e6) AS b';
const RUNNING = `SELECT count(*)::int AS n FROM pg_stat_activity
  WHERE usename = 'ioi_reader' AND state = 'active'`;
const nothingRuns = async () => (await inDatabase(RUNNING))[0]?.['n'] === 0;
const somethingRuns = async () => (await inDatabase(RUNNING))[0]?.['n'] === 1;

test('what runs ends with the session that fills, and with the bridge', {
  skip,
}, async () => {
  const left = await bridge.connected();
  left.query(ENDLESS).catch(() => {});
  await until('it runs', somethingRuns);
  await inDatabase(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ioi_bridge'`,
  );
  await until('it ended with the session that fills', nothingRuns);
  const other = await until('the bridge is there again', () =>
    bridge.connected().catch(() => undefined),
  );
  other.query(ENDLESS).catch(() => {});
  await until('it runs', somethingRuns);
  await bridge.close();
  await until('it ended with the bridge', nothingRuns);
  bridge = await BridgeProcess.start(node, '--patience', '2', '--submit', MARKET);
});

test('a reader who could write, or another bridge, is refused by name', { skip }, async () => {
  const second = await node.ioi('bridge', 'serve', '--port', '0');
  assert.match(second.stderr, /bridge\.database_taken/);
  await bridge.close();
  for (const [grant, revoke] of [
    ['GRANT INSERT ON node.audit TO ioi_reader', 'REVOKE INSERT ON node.audit FROM ioi_reader'],
    [
      'GRANT TEMP ON DATABASE ioi_bridge TO PUBLIC',
      'REVOKE TEMP ON DATABASE ioi_bridge FROM PUBLIC',
    ],
    [
      'GRANT EXECUTE ON FUNCTION pg_notify TO ioi_reader',
      'REVOKE EXECUTE ON FUNCTION pg_notify FROM ioi_reader',
    ],
    [
      'ALTER ROLE ioi_reader SET default_transaction_read_only = off',
      'ALTER ROLE ioi_reader SET default_transaction_read_only = on',
    ],
    ['ALTER ROLE ioi_reader CREATEROLE', 'ALTER ROLE ioi_reader NOCREATEROLE'],
    ['GRANT pg_read_all_data TO ioi_reader', 'REVOKE pg_read_all_data FROM ioi_reader'],
  ] as const) {
    await inDatabase(grant);
    const refused = await node.ioi('bridge', 'serve', '--port', '0');
    assert.match(refused.stderr, /bridge\.reader_unconfined/, grant);
    await inDatabase(revoke);
  }
  bridge = await BridgeProcess.start(node, '--patience', '2', '--submit', MARKET);
});
