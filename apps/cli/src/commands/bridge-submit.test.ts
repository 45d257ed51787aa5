import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { preconditionOf } from '../core/precondition.ts';
import { newOperationId } from '../shell/submit.ts';
import { BridgeProcess } from '../testing/bridge-process.ts';
import { MARKET, openMarket, sampleService } from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const run = promisify(execFile);
const SUBMIT = 'SELECT agentgres.submit($1)';
let bridge: BridgeProcess;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, 1);
  assert.equal((await node.ioi('domain', 'open', 'other.example')).code, 0);
  bridge = await BridgeProcess.start(node, '--patience', '2', '--submit', MARKET);
});

after(async () => {
  await bridge.close();
  await node.close();
});

const put = (id: string, more: object = {}): string => {
  const payload = sampleService(id, 3);
  return JSON.stringify({ domain: MARKET, operation: 'objects/put', payload, ...more });
};

test('what is submitted over SQL is sealed, and read back', async () => {
  const client = await bridge.connected();
  for (const id of ['svc_a', 'svc_b']) {
    const { rows } = await client.query({ name: 'kept', text: SUBMIT, values: [put(id)] });
    const { seq, operation_id: operation, sealed_size: size } = rows[0].submit;
    assert.ok(Number(size) > Number(seq) && operation !== undefined);
    await client.query(`SET agentgres.await_seq = '${MARKET}:${seq}'`);
    const found = await client.query('SELECT id FROM market_example.objects WHERE id = $1', [id]);
    assert.deepEqual(found.rows, [{ id }]);
  }
  await client.end();
});

test('an operation is submitted once under its id, and not after another', async () => {
  const client = await bridge.connected();
  const operation_id = newOperationId();
  const asked = [put('svc_c', { operation_id })];
  const [{ submit }] = (await client.query(SUBMIT, asked)).rows;
  assert.equal(submit.operation_id, operation_id);
  await assert.rejects(client.query(SUBMIT, asked), {
    code: '23505',
    detail: 'operation.duplicate',
  });
  const unchanged = preconditionOf('Service/svc_0@0');
  assert.ok(unchanged.ok);
  const preconditions = [unchanged.value];
  await assert.rejects(client.query(SUBMIT, [put('svc_0', { preconditions })]), {
    code: '40001',
    detail: 'precondition.failed',
  });
  await assert.rejects(client.query(SUBMIT, [put('svc_d', { operation: 'objects/none' })]), {
    code: '22023',
  });
  await client.end();
});

test('a domain that was not named is closed', async () => {
  const client = await bridge.connected();
  const other = put('svc_a', { domain: 'other.example' });
  const closed = { code: '42501', detail: /bridge\.submit_closed/ };
  await assert.rejects(client.query(SUBMIT, [other]), closed);
  await client.end();
});

test('a transaction submits nothing, and goes on as after any error', async () => {
  const client = await bridge.connected();
  await client.query('BEGIN');
  await assert.rejects(client.query(SUBMIT, [put('svc_f')]), { code: '25001' });
  await assert.rejects(client.query('SELECT 1'), { code: '25P02' });
  await client.query('ROLLBACK');
  const within = `SELECT id, agentgres.submit('${put('svc_f')}') FROM market_example.objects`;
  await assert.rejects(client.query(within), { code: /^(42883|3F000)$/ });
  const { size } = await node.daemon.domains.status(MARKET);
  await assert.rejects(client.query(`SELECT 1; SELECT agentgres.submit('${put('svc_f')}')`), {
    code: '0A000',
  });
  assert.equal((await node.daemon.domains.status(MARKET)).size, size);
  assert.deepEqual((await client.query('SELECT 1 AS n')).rows, [{ n: 1 }]);
  await client.end();
});

test('psql and postgres.js submit as they are', {
  skip: spawnSync('psql', ['--version']).status === 0 ? false : 'no psql',
}, async () => {
  const sql = `SELECT agentgres.submit($json$${put('svc_g')}$json$)`;
  const { stdout } = await run('psql', ['-XAt', '-c', sql], { env: bridge.env });
  assert.match(stdout, /"seq"/);
  const client = postgres(bridge.url.href, { max: 1, fetch_types: false });
  const given = JSON.parse(put('svc_h'));
  const [row] = await client`SELECT agentgres.submit(${client.json(given)})`;
  assert.ok(row?.['submit'].sealed_size);
  await client.end();
});
