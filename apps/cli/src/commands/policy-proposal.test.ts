import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodeWithAgent } from '../testing/node-with-agent.ts';

const AFTER = 4;
const own = new NodeWithAgent(
  async (fresh) => {
    const passphrase = ['--passphrase-file', fresh.passphraseFile];
    assert.equal((await fresh.ioi('policy', 'observe', ...passphrase)).code, 0);
  },
  { propose_after: AFTER },
);
const { node } = own;
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const at = (name: string): string => join(node.workspace, name);
const read = (name: string) => own.agent.call('read_text_file', { path: at(name) });

test('a node that observes says how far it is, and proposes after so many acts', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(at(`${name}.txt`), name);
  for (const name of ['a', 'b', 'c']) await read(`${name}.txt`);
  assert.match(
    (await node.ioi('status')).stdout,
    /proposal +3 of 4 acts until a policy is proposed/,
  );
  assert.equal((await node.ioi('inbox')).stdout, 'nothing waits\n');
  assert.equal((await node.ioi('policy', 'proposal', '--dismiss')).code, 2);
  await own.agent.call('move_file', { source: at('a.txt'), destination: at('d.txt') });
  assert.match((await node.ioi('status')).stdout, /a policy learnt from 4 acts, and to enforce it/);
  assert.match((await node.ioi('inbox')).stdout, /^proposal {2}the node observes/m);
  const shown = await node.ioi('policy', 'proposal');
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stderr, /\+ ALLOW fs::read {2}learnt_allow_fs_read/);
  assert.match(shown.stdout, /4 recorded actions run again, changed verdicts: 1/);
  assert.match(shown.stdout, /ALLOW to REQUIRE_APPROVAL/);
  assert.match((await node.ioi('policy', 'show')).stdout, /OBSERVING/);
});

test('dismissed, it is proposed again after as many acts more, also after a restart', async () => {
  const put = await node.ioi('policy', 'proposal', '--dismiss', '--json');
  assert.deepEqual(JSON.parse(put.stdout).proposal, { acts: 4, at: 8, proposed: false });
  assert.equal((await node.ioi('down')).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  await own.connect();
  for (const name of ['b', 'c', 'd', 'b']) await read(`${name}.txt`);
  const { proposal } = JSON.parse((await node.ioi('inbox', '--json')).stdout);
  assert.deepEqual(proposal, { acts: 8, at: 8, proposed: true });
});

test('accepted by the owner alone, it enforces, and nothing is proposed any more', async () => {
  assert.equal((await node.ioi('policy', 'proposal', '--accept')).code, 2);
  const accepted = await node.ioi('policy', 'proposal', '--accept', ...withPassphrase);
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.doesNotMatch((await node.ioi('status')).stdout, /OBSERVING|proposal/);
  assert.equal((await read('b.txt')).code, undefined);
  const made = await own.agent.call('create_directory', { path: at('new') });
  assert.equal(made.code, 'policy.default_deny');
  assert.equal((await node.ioi('policy', 'proposal')).code, 2);
});
