import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodeWithAgent } from '../testing/node-with-agent.ts';
import { runIoi } from '../testing/run-ioi.ts';

const own = new NodeWithAgent();
const { node } = own;
const withPassphrase = ['--passphrase-file', node.passphraseFile];

const moved = join(node.workspace, 'moved.txt');
const move = () =>
  own.agent.call('move_file', { source: join(node.workspace, 'notes.txt'), destination: moved });

test('a node that observes does what it would ask about, and says so everywhere', async () => {
  const observe = await node.ioi('policy', 'observe', ...withPassphrase);
  assert.equal(observe.code, 0, observe.stderr);
  assert.match(observe.stderr, /It only observes: what it would deny or ask about is done/);
  assert.match(observe.stderr, /counts as widening/);
  assert.match((await node.ioi('status')).stdout, /policy +OBSERVING, only BLOCK rules hold/);
  assert.match((await node.ioi('policy', 'show')).stdout, /OBSERVING/);
  await move();
  assert(existsSync(moved));
  const blocked = await own.agent.call('read_text_file', { path: join(node.workspace, '.env') });
  assert.equal(blocked.code, 'policy.blocked');
  const log = await node.ioi('log', '-n', '20', '--plain');
  assert.match(log.stdout, /workspace version 2, observes/);
  const row = log.stdout.split('\n').find((line) => line.includes('\twould REQUIRE_APPROVAL\t'));
  assert.match(row ?? '', /ask_before_moving/);
  const why = await node.ioi('why', row?.split('\t').at(-1) ?? '');
  assert.match(why.stdout, /only observes: enforced, this would be REQUIRE_APPROVAL/);
});

test('enforcing decides again, and the log of both verifies elsewhere', async () => {
  const enforce = await node.ioi('policy', 'enforce', ...withPassphrase);
  assert.equal(enforce.code, 0, enforce.stderr);
  assert.doesNotMatch(enforce.stderr, /It only observes/);
  assert.match(enforce.stderr, /This tightens: no approval needed/);
  assert.doesNotMatch((await node.ioi('status')).stdout, /OBSERVING/);
  const outside = await own.agent.call('create_directory', { path: '/etc/ioi-never' });
  assert.notEqual(outside.code, undefined);
  const again = await node.ioi('policy', 'enforce', ...withPassphrase);
  assert.notEqual(again.code, 0);
  const file = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  const verified = await runIoi(['verify', file], { env: { IOI_HOME: join(node.folder, 'no') } });
  assert.equal(verified.code, 0, verified.stdout);
});
