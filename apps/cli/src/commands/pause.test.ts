import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { NodeWithAgent } from '../testing/node-with-agent.ts';
import { runIoi } from '../testing/run-ioi.ts';

const own = new NodeWithAgent();
const { node } = own;
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const said = async (...args: string[]): Promise<string> => (await node.ioi(...args)).stdout;

test('a pause lets pass until its end, says so everywhere, and is over by itself', async () => {
  for (const span of ['9h', 'soon']) {
    const refused = await node.ioi('pause', '--for', span, ...withPassphrase);
    assert.match(refused.stderr, /at most 8h/);
  }
  const unsigned = await node.ioi('pause', '--for', '1h', '--no-input');
  assert.notEqual(unsigned.code, 0);
  const paused = await node.ioi('pause', '--for', '1h', ...withPassphrase);
  assert.equal(paused.code, 0, paused.stderr);
  assert.match(paused.stderr, /OBSERVING until 20/);
  assert.match(paused.stderr, /counts as widening/);
  assert.match(await said('status'), /policy +OBSERVING until 20[^,]*, only BLOCK rules hold/);
  assert.match((await node.ioi('inbox')).stderr, /OBSERVING until 20/);
  assert.match(await said('policy', 'show'), /OBSERVING until 20/);
  const made = (name: string): string => join(node.workspace, name);
  const move = (source: string, destination: string) =>
    own.agent.call('move_file', { source: made(source), destination: made(destination) });
  await move('notes.txt', 'moved.txt');
  assert(existsSync(made('moved.txt')));
  const blocked = await own.agent.call('read_text_file', { path: made('.env') });
  assert.equal(blocked.code, 'policy.blocked');
  assert.match(await said('log', '-n', '20', '--plain'), /, observes until 20/);
  const resumed = await node.ioi('resume', ...withPassphrase);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /This tightens: no approval needed/);
  const short = await node.ioi('pause', '--for', '3s', ...withPassphrase);
  assert.equal(short.code, 0, short.stderr);
  await until('the pause is over', async () => !/OBSERVING/.test(await said('status')));
  const outside = await own.agent.call('create_directory', { path: '/etc/ioi-never' });
  assert.notEqual(outside.code, undefined);
  assert.ok(!existsSync('/etc/ioi-never'));
  const file = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  const verified = await runIoi(['verify', file], { env: { IOI_HOME: join(node.folder, 'no') } });
  assert.equal(verified.code, 0, verified.stdout);
});
