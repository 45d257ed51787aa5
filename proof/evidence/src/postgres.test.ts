import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { encodeUtf8 } from '@ioi/basis';
import { exited, makeHome, NodeProcess } from '@ioi/kit';
import { verify } from '@ioi/verifier';

const policy = (id: string): string =>
  JSON.stringify({
    policy_id: id,
    rules: [{ rule_id: 'r', target: 'fs::*', conditions: {}, action: 'ALLOW' }],
  });

async function configured(home: string, url: string): Promise<void> {
  await makeHome(home, []);
  const store = { kind: 'postgres', url };
  const config = { format: 'ioi-node/1', servers: [], store };
  writeFileSync(join(home, 'node.json'), JSON.stringify(config));
}

async function starting(home: string): Promise<NodeProcess> {
  const node = new NodeProcess(home);
  await node.ready();
  return node;
}

async function exportOf(node: NodeProcess): Promise<string> {
  const { status, body } = await node.api('GET', '/v1/export');
  assert.equal(status, 200, JSON.stringify(body));
  return String(body['text']);
}

const skip = whyNoPostgres() ?? false;

test('a node that lost its folder goes on from PostgreSQL', { skip }, async () => {
  const server = await PostgresServer.start();
  const home = mkdtempSync(join(tmpdir(), 'ioi-postgres-'));
  await configured(home, server.url());
  let node = await starting(home);
  assert.equal((await node.activate(policy('first'))).status, 200);
  await node.stop('SIGKILL');
  rmSync(join(home, 'data'), { recursive: true });
  mkdirSync(join(home, 'data'));
  node = await starting(home);
  const text = await exportOf(node);
  assert.deepEqual(verify([encodeUtf8(text)]).findings, []);
  assert.match(text, /"policy_id":"first"|\\"policy_id\\":\\"first\\"/);
  await node.stop();

  // Without its server a node does not start; nothing is lost by it.
  await server.end();
  const without = new NodeProcess(home);
  await Promise.all([without.daemon, without.guardian].map(exited));
  assert.equal(without.daemon.exitCode, 1);
  const log = readFileSync(join(home, 'logs', 'node.log'), 'utf8');
  assert.match(log, /"code":"store.unreachable"/);
  await server.restart();
  node = await starting(home);
  assert.deepEqual(verify([encodeUtf8(await exportOf(node))]).findings, []);
  await node.stop();
  node.removeHome();
  await server.remove();
});
