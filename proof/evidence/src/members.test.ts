import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { until } from '@ioi/basis/testing';
import { MemberNode, type Ran } from './nodes/member-node.ts';

const skip = whyNoPostgres() ?? false;
const folder = mkdtempSync(join(tmpdir(), 'ioi-members-'));
const passphrase = join(folder, 'passphrase');
const file = ['--passphrase-file', passphrase] as const;
let server: PostgresServer;

const one = new MemberNode(folder, 'one');
const two = new MemberNode(folder, 'two');
before(async () => {
  writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
  if (!skip) server = await PostgresServer.start();
});
after(async () => {
  await Promise.all([one.ioi('down'), two.ioi('down')]);
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function ok(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function answers(node: MemberNode): Promise<boolean> {
  return (await node.ioi('status')).code === 0;
}

async function seqOf(node: MemberNode): Promise<number> {
  const status = JSON.parse(await ok(node.ioi('cluster', 'status', '--json')));
  return status.domains[0].size;
}

test('a node that stands by takes over from one that is killed, and gives way again', {
  skip,
}, async () => {
  await ok(one.ioi('init', ...file));
  const config = JSON.parse(readFileSync(join(one.home, 'node.json'), 'utf8'));
  const store = { kind: 'postgres', url: server.url() };
  writeFileSync(join(one.home, 'node.json'), JSON.stringify({ ...config, store }));
  const alone = await one.ioi('cluster', 'status');
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /this node is alone/);
  await ok(one.ioi('up', '--detach'));
  await ok(one.ioi('domain', 'open', 'market.example'));
  await ok(one.ioi('down'));
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'another battery\n', { mode: 0o600 });
  const refused = await one.ioi('cluster', 'init', '--member', 'one', '--passphrase-file', wrong);
  assert.notEqual(refused.code, 0);
  await ok(one.ioi('cluster', 'init', '--member', 'one', ...file));
  rmSync(join(one.home, 'cluster', 'member.json'));
  await ok(one.ioi('cluster', 'init', '--member', 'one', ...file));
  await ok(one.ioi('up', '--detach'));
  const request = join(folder, 'request.json');
  const invitation = join(folder, 'invitation.json');
  await ok(two.ioi('cluster', 'request', '--member', 'two', '--out', request));
  await ok(one.ioi('cluster', 'admit', request, '--out', invitation, ...file));
  await ok(two.ioi('cluster', 'join', invitation));
  two.up();
  await until('it stands by', () => two.pid);
  const before = await seqOf(two);
  assert.equal(await answers(two), false);
  one.kill();
  await until('the other writes', () => answers(two));
  const told = JSON.parse(await ok(two.ioi('cluster', 'status', '--json')));
  assert.equal(told.writer, 'two');
  assert.equal(told.term, 2);
  assert.ok(told.domains[0].size > before, 'it said so in the log');
  assert.match(await ok(two.ioi('domain', 'list')), /market\.example/);
  const log = join(folder, 'log.ioi');
  await ok(two.ioi('export', '--out', log));
  assert.match(await ok(two.ioi('verify', log)), /epoch/);
  one.up();
  await until('it stands by', () => one.pid);
  await ok(two.ioi('cluster', 'step-down'));
  await until('the first writes again', () => answers(one));
  const again = await one.ioi('cluster', 'step-down', '--json');
  assert.equal(again.code, 0, again.stderr);
});
