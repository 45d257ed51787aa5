import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { processesNaming, until } from '@ioi/basis/testing';
import { runningPid } from '../shell/lock.ts';
import { IOI } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const skip = whyNoPostgres() ?? false;
let server: PostgresServer;
const one = new TestNode('one');
const two = new TestNode('two');
before(async () => {
  if (!skip) server = await PostgresServer.start();
});
after(async () => {
  await one.close();
  await two.close();
  await server?.remove();
});

const file = (node: TestNode) => ['--passphrase-file', node.passphraseFile] as const;

async function ok(ran: ReturnType<TestNode['ioi']>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function answers({ daemon }: TestNode): Promise<boolean> {
  return daemon.status(500).then(
    () => true,
    () => false,
  );
}

/** Runs a node until it is ended; it may stand by. */
function up(node: TestNode): void {
  const env = { ...process.env, IOI_HOME: node.home.folder };
  const child = spawn(process.execPath, [IOI, 'up'], { env, stdio: 'ignore' });
  child.unref();
}

/** Everything a node consists of, at once. */
function kill(node: TestNode): void {
  for (const pid of processesNaming(node.home.folder)) process.kill(pid, 'SIGKILL');
}

async function seqOf(node: TestNode): Promise<number> {
  const status = JSON.parse(await ok(node.ioi('cluster', 'status', '--json')));
  return status.domains[0].size;
}

test('a node that stands by takes over from one that is killed, and gives way again', {
  skip,
}, async () => {
  assert.equal((await one.init()).code, 0);
  const config = JSON.parse(readFileSync(one.home.nodeConfig, 'utf8'));
  const store = { kind: 'postgres', url: server.url() };
  writeFileSync(one.home.nodeConfig, JSON.stringify({ ...config, store }));
  const alone = await one.ioi('cluster', 'status');
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /this node is alone/);
  await ok(one.ioi('up', '--detach'));
  await ok(one.activate());
  await ok(one.ioi('domain', 'open', 'market.example'));
  await ok(one.ioi('down'));
  await ok(one.ioi('cluster', 'init', '--member', 'one', ...file(one)));
  await ok(one.ioi('up', '--detach'));
  const request = join(two.folder, 'request.json');
  const invitation = join(two.folder, 'invitation.json');
  await ok(two.ioi('cluster', 'request', '--member', 'two', '--out', request));
  await ok(one.ioi('cluster', 'admit', request, '--out', invitation, ...file(one)));
  await ok(two.ioi('cluster', 'join', invitation));
  up(two);
  await until('it stands by', () => runningPid(two.home) !== undefined);
  const before = await seqOf(two);
  assert.equal(await answers(two), false);
  kill(one);
  await until('the other writes', () => answers(two));
  const told = JSON.parse(await ok(two.ioi('cluster', 'status', '--json')));
  assert.equal(told.writer, 'two');
  assert.equal(told.term, 2);
  assert.ok(told.domains[0].size > before, 'it said so in the log');
  assert.match(await ok(two.ioi('domain', 'list')), /market\.example/);
  const log = join(two.folder, 'log.ioi');
  await ok(two.ioi('export', '--out', log));
  assert.match(await ok(two.ioi('verify', log)), /epoch/);
  up(one);
  await until('it stands by', () => runningPid(one.home) !== undefined);
  await ok(two.ioi('cluster', 'step-down'));
  await until('the first writes again', () => answers(one));
  const again = await one.ioi('cluster', 'step-down', '--json');
  assert.equal(again.code, 0, again.stderr);
});
