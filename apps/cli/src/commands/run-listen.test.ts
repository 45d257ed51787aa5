import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { RunSummary } from '@ioi/protocol';
import { IOI, killedAfter } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
let missing: string | undefined;
let ports: readonly number[] = [];

/** Free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

before(async () => {
  ports = [await freePort(), await freePort()];
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const conditions = { allow_ports: [String(ports[0])] };
  const rule = { rule_id: 'dev_server', target: 'net::listen', conditions, action: 'ALLOW' };
  const policy = { policy_id: 'ports', defaults: 'deny_all', rules: [rule] };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) missing = 'no sandbox on this machine: ioi mcp sandbox';
  if (!existsSync('/usr/bin/python3')) missing = 'python3 is not here';
});

after(() => node.close());

/** What answers at a port, or why nothing does. */
function answer(port: number, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const line = connect({ port, host, timeout: 5000 }, () => {
      line.write('GET /notes.txt HTTP/1.0\r\n\r\n');
    });
    line.on('data', (chunk) => (said += chunk));
    line.on('timeout', () => line.destroy(new Error('timeout')));
    line.on('error', ({ message }) => resolve(message)).on('close', () => resolve(said));
  });
}

const serve = (port: number, bind = '127.0.0.1'): string =>
  `python3 -m http.server ${port} --bind ${bind}`;

function start(t: TestContext, script: string, ...listen: readonly number[]) {
  const named = listen.flatMap((port) => ['--listen', String(port)]);
  const args = ['run', '--json', ...named, '--', 'sh', '-c', script];
  const running = spawn(process.execPath, [IOI, ...args], {
    env: { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' },
    cwd: node.workspace,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  killedAfter(t, running);
  const seen = { said: '' };
  running.stderr.on('data', (chunk) => {
    seen.said += chunk;
  });
  return { seen, over: once(running, 'exit') };
}

test('a port that a rule allows is reached from here, and no longer', async (t) => {
  if (missing !== undefined) return t.skip(missing);
  const [port = 0, denied = 0] = ports;
  const wait = (file: string): string => `until test -e ${file}; do sleep 0.1; done`;
  const script = [
    `${serve(port, '0.0.0.0')} & first=$!; ${serve(denied)} & ${wait('stop')}`,
    `kill $first; ${wait('again')}; ${serve(port)} & ${wait('end')}`,
  ].join('; ');
  const { seen, over } = start(t, script, port, denied);
  await until('the port is open', () => seen.said.includes(`port ${port} is open`));
  assert.match(await answer(port), /200 OK[\s\S]*old/);
  assert.match(await answer(port, '::1'), /ECONNREFUSED|EADDRNOTAVAIL/);
  await until('the other is refused', () => seen.said.includes(`port ${denied} is not opened`));
  assert.match(seen.said, /is not opened: policy.default_deny \([^)]*receipt_/);
  assert.match(await answer(denied), /ECONNREFUSED/);
  writeFileSync(join(node.workspace, 'stop'), '');
  await until('it is closed', async () => /ECONNREFUSED/.test(await answer(port)));
  writeFileSync(join(node.workspace, 'again'), '');
  await until('it is open again', () => seen.said.split(`port ${port} is open`).length === 3);
  assert.match(await answer(port), /200 OK/);
  writeFileSync(join(node.workspace, 'end'), '');
  await over;
  assert.match(await answer(port), /ECONNREFUSED/);
  const line = seen.said.split('\n').find((each) => each.startsWith('{"run":'));
  const { run } = JSON.parse(line ?? '') as { run: RunSummary };
  assert.deepEqual([run.verdicts.allowed, run.verdicts.blocked], [2, 1]);
  const [opened, ...others] = run.ports ?? [];
  assert.deepEqual([opened?.port, others], [port, []]);
  const shown = await node.ioi('show', opened?.receipt_id ?? '', '--json');
  assert.match(shown.stdout, /"target":"net::listen"/);
});

test('what is at a port of this machine stays there, unnamed ones are not asked for', async (t) => {
  if (missing !== undefined) return t.skip(missing);
  const [port = 0, unnamed = 0] = ports;
  const own = createServer((near) => near.end('of the machine')).listen(port, '127.0.0.1');
  await once(own, 'listening');
  t.after(() => own.close());
  const script = `${serve(port)} & ${serve(unnamed)} & sleep 4`;
  const { seen, over } = start(t, script, port);
  await over;
  assert.match(seen.said, new RegExp(`port ${port} is not opened: port.taken`));
  assert.equal(await answer(port), 'of the machine');
  assert.doesNotMatch(seen.said, new RegExp(`port ${unnamed}`));
});

test('a port closes when a person stops all, and what is left behind ends too', async (t) => {
  if (missing !== undefined) return t.skip(missing);
  const [port = 0] = ports;
  const left = `(setsid ${serve(port)} > /dev/null 2>&1 &)`;
  const script = `${left}; until test -e over; do sleep 0.1; done`;
  const { seen, over } = start(t, script, port);
  await until('the port is open', () => seen.said.includes(`port ${port} is open`));
  assert.equal((await node.ioi('agents', 'stop')).code, 0);
  await until('it is closed', () => seen.said.includes(`port ${port} is closed`));
  assert.match(await answer(port), /ECONNREFUSED/);
  writeFileSync(join(node.workspace, 'over'), '');
  await over;
});
