import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { seededRandom } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { drizzle } from 'drizzle-orm/node-postgres';
import { sql } from 'drizzle-orm/sql';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import postgres from 'postgres';
import { BridgeProcess, closed } from '../testing/bridge-process.ts';
import { harmfulSql } from '../testing/fuzzed-sql.ts';
import { mutatedFrame } from '../testing/mutated-frames.ts';
import { MARKET, openMarket, sampleService } from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const SERVICES = 20;
/** Where Debian's packages are; another may come first on the path. */
const PYTHON = '/usr/bin/python3';
const run = promisify(execFile);
let bridge: BridgeProcess;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, SERVICES);
  bridge = await BridgeProcess.start(node, '--patience', '2');
});

after(async () => {
  await bridge.close();
  await node.close();
});

/** Programs of PostgreSQL that are not here are counted as left out, by name. */
function missing(program: string, ...args: string[]): string | false {
  const found = spawnSync(program, args.length === 0 ? ['--version'] : args);
  return found.status === 0 ? false : `no ${[program, ...args].join(' ')}`;
}

async function putService(id: string): Promise<number> {
  const payload = sampleService(id, 7);
  const sealed = await node.daemon.domains.submit(MARKET, { operation: 'objects/put', payload });
  return Number(sealed.entry.seq);
}

const IDS = Array.from({ length: SERVICES }, (_, at) => `svc_${at}`).sort();
const ALL_OBJECTS = 'SELECT * FROM market_example.objects ORDER BY object_class';
const SERVICE = `object_class = 'Service'`;
const SELECT_IDS = `SELECT id FROM market_example.objects WHERE ${SERVICE} ORDER BY id`;

test('psql introspects and reads what ioi query answers, over a checked certificate', {
  skip: missing('psql'),
}, async () => {
  const env = { ...bridge.env, PGSSLMODE: 'verify-ca', PGSSLROOTCERT: bridge.certificate };
  const psql = (...commands: string[]) => {
    const args = ['-XAt', '-v', 'ON_ERROR_STOP=1', ...commands.flatMap((each) => ['-c', each])];
    return run('psql', args, { env });
  };
  const { stdout } = await psql('\\dt node.*', '\\d market_example.objects', SELECT_IDS);
  assert.match(stdout, /^node\|actions\|table\|postgres$/m);
  assert.match(stdout, /^object_class\|text\|\|not null\|$/m);
  assert.deepEqual(stdout.trim().split('\n').slice(-SERVICES), IDS.sort());
  const copied = await psql('COPY (SELECT 1, NULL) TO STDOUT');
  assert.equal(copied.stdout, '1\t\\N\n');
});

test('a table holds what ioi query answers, with the entry of each row', async () => {
  const { rows: told } = await node.daemon.query({
    domain: MARKET,
    projection: 'projection://*/objects',
    consistency: 'linearized_domain',
    limit: 1_000,
  });
  const client = await bridge.connected();
  const { rows } = await client.query(`${ALL_OBJECTS}, id`);
  await client.end();
  assert.deepEqual(
    rows.map(({ _seq, ...row }) => row),
    told,
  );
  assert.ok(rows.every(({ _seq }) => _seq > 0));
});

test('pgbench runs prepared statements in 64 sessions of one engine', {
  skip: missing('pgbench'),
}, async () => {
  const script = join(node.folder, 'select.sql');
  writeFileSync(script, `\\set i random(1, 25)\n${SELECT_IDS.replace('id =', 'id <>')};\n`);
  const args = ['-n', '-M', 'prepared', '-c', '64', '-t', '5', '-f', script];
  const { stdout } = await run('pgbench', args, { env: bridge.env });
  assert.match(stdout, /number of transactions actually processed: 320\/320/);
});

test('pg, postgres.js, drizzle and kysely introspect and query, unmodified', async () => {
  const tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'node'`;
  const client = await bridge.connected();
  const named = { name: 'one', text: `${SELECT_IDS} LIMIT $1`, values: [3] };
  for (const _again of [1, 2]) {
    const { rows } = await client.query(named);
    assert.deepEqual(
      rows,
      IDS.slice(0, 3).map((id) => ({ id })),
    );
  }
  assert.ok((await client.query(tables)).rows.length >= 15);
  const drizzled = await drizzle(client).execute(sql`SELECT count(*) AS n FROM node.audit`);
  assert.ok(Number(drizzled.rows[0]?.['n']) > 0);
  await client.end();
  const js = postgres(bridge.url.href, { max: 4, ssl: false });
  const found = await Promise.all(
    IDS.map((id) => js`SELECT id, _seq FROM market_example.objects WHERE id = ${id}`),
  );
  assert.deepEqual(
    found.map(([row]) => row?.['id']),
    IDS,
  );
  await js.end();
  const pool = new pg.Pool({ connectionString: bridge.url.href });
  const kysely = new Kysely<Record<string, Record<string, unknown>>>({
    dialect: new PostgresDialect({ pool }),
  });
  const introspected = await kysely.introspection.getTables();
  assert.ok(
    introspected.some(
      ({ schema, name }) => schema === MARKET.replace('.', '_') && name === 'objects',
    ),
  );
  await kysely.destroy();
});

test('psycopg reads by a server-side cursor', {
  skip: missing(PYTHON, '-c', 'import psycopg'),
}, async () => {
  const program = `
import psycopg
with psycopg.connect() as c, c.cursor(name='ids') as ids:
    ids.itersize = 3
    ids.execute("${SELECT_IDS}")
    print(','.join(row[0] for row in ids))
`;
  const { stdout } = await run(PYTHON, ['-c', program], { env: bridge.env });
  assert.equal(stdout.trim(), IDS.join(','));
});

test('a bridge as it comes submits nothing', async () => {
  const client = await bridge.connected();
  const payload = sampleService('svc_x', 7);
  const asked = [JSON.stringify({ domain: MARKET, operation: 'objects/put', payload })];
  await assert.rejects(client.query('SELECT agentgres.submit($1)', asked), {
    code: '42501',
    detail: /bridge\.submit_closed/,
  });
  await client.end();
});

test('every answer says which entry it reflects, and a read can wait for one', async () => {
  const client = await bridge.connected();
  const told = new Map<string, string>();
  client.connection.on(
    'parameterStatus',
    (each: { parameterName: string; parameterValue: string }) => {
      told.set(each.parameterName, each.parameterValue);
    },
  );
  const seq = await putService('svc_new');
  await until('the entry is reached', () =>
    client.query(`SET agentgres.await_seq = '${MARKET}:${seq}'`).catch(() => undefined),
  );
  const { rows } = await client.query(
    `SELECT _seq FROM market_example.objects WHERE id = 'svc_new'`,
  );
  assert.deepEqual(rows, [{ _seq: seq }]);
  const watermark = told.get('agentgres.watermark.market_example') ?? '';
  assert.ok(Number(watermark.replace('domain_seq:', '')) >= seq, watermark);
  const far = client.query('SET agentgres.await_seq = 1000000');
  await assert.rejects(far, (fault: pg.DatabaseError) => {
    return fault.code === '57014' && /bridge\.behind/.test(fault.detail ?? '');
  });
  await client.end();
});

test("settings, prepared statements and transactions are each session's own", async () => {
  const [one, other] = await Promise.all([bridge.connected(), bridge.connected()]);
  const zone = async (client: pg.Client) => (await client.query('SHOW timezone')).rows[0]?.TimeZone;
  await one.query(`SET timezone = 'Europe/Berlin'`);
  await other.query({ name: 'same', text: 'SELECT 2 AS n' });
  assert.equal((await one.query({ name: 'same', text: 'SELECT 1 AS n' })).rows[0]?.n, 1);
  assert.equal((await other.query({ name: 'same', text: 'SELECT 2 AS n' })).rows[0]?.n, 2);
  assert.deepEqual([await zone(one), await zone(other)], ['Europe/Berlin', 'UTC']);
  await one.query('BEGIN');
  await one.query(`SET timezone = 'Asia/Tokyo'`);
  await assert.rejects(one.query('SELECT 1/0'), { code: '22012' });
  await assert.rejects(one.query('SELECT 1'), { code: '25P02' });
  await one.query('ROLLBACK');
  assert.equal(await zone(one), 'Europe/Berlin');
  await one.query('RESET ALL');
  assert.equal(await zone(one), 'UTC');
  await one.query('DEALLOCATE ALL');
  await other.query('DEALLOCATE same');
  await Promise.all([one.end(), other.end()]);
});

test('a transaction that failed leaves nothing to who comes next', async () => {
  const gone = await bridge.connected();
  await gone.query('BEGIN');
  await assert.rejects(gone.query('SELECT 1/0'), { code: '22012' });
  await gone.end();
  const client = await bridge.connected();
  await assert.rejects(client.query(`BEGIN; SET timezone = 'Asia/Tokyo'; SELECT 1/0`));
  await client.query('ROLLBACK');
  const { rows } = await client.query('SELECT session_user AS name');
  assert.deepEqual(rows, [{ name: 'reader' }]);
  await client.end();
});

test('a password that is another, a user or database that is none, are refused', async () => {
  for (const [more, code] of [
    [{ password: 'wrong' }, '28P01'],
    [{ user: 'postgres' }, '28P01'],
    [{ database: 'other' }, '3D000'],
  ] as const) {
    const { hostname: host, port, password } = bridge.url;
    const about = { host, port: Number(port), password, user: 'reader', database: 'postgres' };
    await assert.rejects(new pg.Client({ ...about, ...more }).connect(), { code });
  }
  assert.match(readFileSync(bridge.certificate, 'utf8'), /BEGIN CERTIFICATE/);
});

test('who waits can be cancelled, and who holds a transaction in silence is ended', async () => {
  const [holder, waiter] = await Promise.all([bridge.connected(), bridge.connected()]);
  const ended = new Promise((resolve) => holder.once('end', resolve));
  await holder.query('BEGIN');
  const waiting = waiter.query('SELECT 1');
  const refused = assert.rejects(waiting, { code: '57014' });
  await bridge.cancel(waiter);
  await refused;
  await ended;
  assert.equal((await waiter.query('SELECT 1 AS n')).rows[0]?.n, 1);
  await waiter.end();
});

test('a statement that runs is cancelled with the engine, which is filled again', async () => {
  const [client, waiter] = await Promise.all([bridge.connected(), bridge.connected()]);
  const waiting = waiter.query('SET agentgres.await_seq = 1000000');
  const refused = assert.rejects(waiting, { code: '57P01' });
  const running = client.query('SELECT count(*) FROM generate_series(1, 1e10)');
  const ended = assert.rejects(running, { code: '57P01' });
  await bridge.cancel(client);
  await Promise.all([ended, refused]);
  await until('another engine answers', async () => {
    const again = await bridge.connected().catch(() => undefined);
    const answer = await again?.query(SELECT_IDS).catch(() => undefined);
    await again?.end();
    return (answer?.rows.length ?? 0) >= SERVICES;
  });
});

/** Everything that is there, and everything that may change it. */
const STATE = `
  SELECT (SELECT json_agg(o ORDER BY o) FROM (SELECT id FROM market_example.objects) AS o) AS rows,
    (SELECT count(*) FROM pg_class) AS relations, (SELECT count(*) FROM pg_proc) AS functions,
    (SELECT count(*) FROM pg_largeobject_metadata) AS large,
    (SELECT count(*) FROM pg_roles) AS roles,
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks,
    (SELECT string_agg(c.relacl::text, ',' ORDER BY oid) FROM pg_class AS c) AS rights,
    current_user, session_user, current_setting('transaction_read_only') AS read_only`;

test('fuzzed SQL writes nothing, by the simple and the extended protocol', async () => {
  const random = seededRandom(44);
  const witness = await bridge.connected();
  const before = (await witness.query(STATE)).rows;
  let refused = 0;
  let client = await bridge.connected();
  for (let at = 0; at < 1_000; at += 1) {
    const text = harmfulSql(random);
    const asked = at % 2 === 0 ? { text } : { text, values: [], queryMode: 'extended' };
    const answer = client.query(asked as pg.QueryConfig).catch((fault: pg.DatabaseError) => fault);
    if ((await answer) instanceof Error) refused += 1;
    if (at % 10 === 9) await client.query('ROLLBACK');
    if (at % 100 === 99) {
      await client.end();
      client = await bridge.connected();
      assert.deepEqual((await witness.query(STATE)).rows, before);
    }
  }
  await Promise.all([client.end(), witness.end()]);
  assert.ok(refused > 850, `${refused} of 1000 were refused`);
  assert.equal(before[0]?.session_user, 'reader');
  assert.equal(before[0]?.read_only, 'on');
});

test('mutated frames end their own connection at most', async () => {
  const random = seededRandom(45);
  for (let at = 0; at < 60; at += 1) {
    const socket = await bridge.entered();
    for (let frame = 0; frame < 50; frame += 1) socket.write(mutatedFrame(random));
    socket.end();
    await closed(socket);
  }
  for (let at = 0; at < 200; at += 1) {
    const socket = bridge.socket();
    socket.end(random.bytes(1 + random.below(64)));
    await closed(socket);
  }
  const client = await bridge.connected();
  assert.equal((await client.query(SELECT_IDS)).rows.length >= SERVICES, true);
  await client.end();
});

test('a message over the limit, and a client that does not read, are sent away', async () => {
  const long = await bridge.entered();
  const header = Buffer.from('Q\0\0\0\0');
  header.writeInt32BE(512 * 1024 * 1024, 1);
  long.write(header);
  const said = await text(long);
  assert.match(said, /08P01[\s\S]*bridge\.malformed/);
  const slow = await bridge.entered();
  slow.pause();
  const many = "SELECT repeat('x', 1000) FROM generate_series(1, 30000)\0";
  const query = Buffer.from(`Q\0\0\0\0${many}`);
  query.writeInt32BE(4 + many.length, 1);
  slow.write(query);
  const client = await bridge.connected();
  await until('the slow reader is gone', async () => {
    slow.write(Buffer.from('S\0\0\0\x04'));
    return slow.destroyed;
  });
  assert.equal((await client.query('SELECT 1 AS n')).rows[0]?.n, 1);
  await client.end();
});
