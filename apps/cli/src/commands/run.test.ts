import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
import { readByMcp } from '../testing/read-by-mcp.ts';
import { IOI, killedAfter, type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const HOUSE = fileURLToPath(new URL('../../../..', import.meta.url));

const node = new TestNode();
let available = false;

function run(args: readonly string[], variables: Record<string, string> = {}): Promise<Ran> {
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin', ...variables };
  return runIoi(['run', ...args], { env, cwd: node.workspace });
}

const shell = (script: string, ...options: string[]) => run([...options, '--', 'sh', '-c', script]);

before(async () => {
  assert.equal((await node.init()).code, 0);
  mkdirSync(join(node.workspace, 'apps/web'), { recursive: true });
  for (const name of ['.env', 'apps/web/.env.local']) {
    writeFileSync(join(node.workspace, name), 'KEY=a-secret');
  }
});

after(() => node.close());

test('without a node nothing is started', async () => {
  const { code, stderr } = await shell('echo x > started');
  assert.equal(code, 125);
  assert.match(stderr, /the node does not answer; ioi up --detach|no sandbox/);
  assert.ok(!existsSync(join(node.workspace, 'started')));
});

test('a program sees its folder, its own home and the node, and nothing else', async (t) => {
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  ({ available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout));
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const look = 'cat notes.txt .env apps/web/.env.local; ls -A ~; touch ~/kept';
  const script = `${look}; ls ${node.home.folder}; env; ls /run`;
  const { stdout } = await run(['--', 'sh', '-c', script], { SECRET_KEY: 'of-the-person' });
  assert.match(stdout, /^old$/m);
  assert.match(stdout, /^ioi-mcp.sock$/m);
  assert.doesNotMatch(stdout, /a-secret|of-the-person|guardian|node\.json/);
  assert.match((await shell('ls ~')).stdout, /^kept$/m);
  const passed = await run(['--env', 'SECRET_KEY', '--', 'sh', '-c', 'env'], {
    SECRET_KEY: 'given',
  });
  assert.match(passed.stdout, /^SECRET_KEY=given$/m);
});

test('it ends as its program ends', async (t) => {
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  assert.equal((await shell('exit 7')).code, 7);
  assert.equal((await shell('kill -9 $$')).code, 137);
  assert.equal((await shell('echo x > new; test -w notes.txt', '--read-only')).code, 1);
  assert.ok(!existsSync(join(node.workspace, 'new')));
});

test('what it does by tools is decided and recorded', async (t) => {
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const read = readByMcp(node.workspace, 'notes.txt');
  const { stdout } = await shell(read, '--read', HOUSE);
  assert.match(stdout, /"id":2,"result":\{"content":\[\{"type":"text","text":"old/);
  const log = await node.ioi('log', '--json', '--lines', '6');
  assert.match(log.stdout, /fs::read/);
});

test('when the node goes, the way out closes', async (t) => {
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const server = createServer((_, response) => response.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  // That a host is named lets nothing through by itself: the policy decides each request.
  const conditions = { allow_domains: ['127.0.0.1'] };
  const rule = { rule_id: 'reach', target: 'net::fetch', conditions, action: 'ALLOW' };
  const policy = { policy_id: 'reach', defaults: 'deny_all', rules: [rule] };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  const ask = `curl -s -m 5 --noproxy '' http://${host}/`;
  const before = `until ${ask} > first; do sleep 0.2; done; echo > ready`;
  const script = `${before}; until test -e gone; do sleep 0.2; done; ${ask} > second; true`;
  const args = ['run', '--host', host, '--', 'sh', '-c', script];
  const running = spawn(process.execPath, [IOI, ...args], {
    env: { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' },
    cwd: node.workspace,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  killedAfter(t, running);
  const over = once(running, 'exit');
  let said = '';
  running.stderr.on('data', (chunk) => {
    said += chunk;
  });
  await until('the host is reached', () => existsSync(join(node.workspace, 'ready')));
  assert.equal((await node.ioi('down')).code, 0);
  await until('its end is told', () => /the node is gone/.test(said));
  writeFileSync(join(node.workspace, 'gone'), '');
  await over;
  assert.equal(readFileSync(join(node.workspace, 'first'), 'utf8'), 'reached');
  assert.equal(readFileSync(join(node.workspace, 'second'), 'utf8'), '');
});
