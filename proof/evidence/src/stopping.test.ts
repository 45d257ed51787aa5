import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHome, NodeProcess } from '@ioi/kit';

async function stopsWithCode(process: 'daemon' | 'guardian', path: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-stopping-'));
  await makeHome(home, []);
  mkdirSync(join(home, path), { recursive: true });
  const node = new NodeProcess(home);
  await assert.rejects(node.ready());
  await node.stop('SIGKILL');
  assert.equal(node[process].exitCode, 1);
  const diary = readFileSync(join(home, 'logs', 'node.log'), 'utf8').split('\n');
  const told = diary.filter((line) => line.includes(`"code":"${process}.fault"`));
  assert.equal(told.length, 1, diary.join('\n'));
  const { message, reason, stack } = JSON.parse(told[0] ?? '{}');
  assert.equal(message, 'stopped');
  assert.match(reason, /unable to open database file/);
  // The class, not the file: in the published form that has another name.
  assert.match(stack, /new \w+Store /);
  node.removeHome();
}

test('a daemon that cannot open its files stops with a code', () =>
  stopsWithCode('daemon', 'data/artifacts/artifacts.db'));

test('a guardian that cannot open its files stops with a code', () =>
  stopsWithCode('guardian', 'guardian/guardian.db'));

test('a daemon whose port is taken waits for a person', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'ioi-stopping-'));
  await makeHome(home, []);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const path = join(home, 'node.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, mcp_http: { port } }));
  const node = new NodeProcess(home);
  await assert.rejects(node.ready());
  await node.stop('SIGKILL');
  assert.equal(node.daemon.exitCode, 78);
  const diary = readFileSync(join(home, 'logs', 'node.log'), 'utf8');
  assert.match(diary, new RegExp(`"code":"config.invalid","reason":"/mcp_http: port ${port} of`));
  node.removeHome();
});
