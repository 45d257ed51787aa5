import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodeWithAgent } from '../testing/node-with-agent.ts';

const own = new NodeWithAgent(async (fresh) => {
  const passphrase = ['--passphrase-file', fresh.passphraseFile];
  assert.equal((await fresh.ioi('policy', 'observe', ...passphrase)).code, 0);
});
const { node } = own;
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const at = (name: string): string => join(node.workspace, name);

test('what happened while observing becomes a policy for it, and no more', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(at(`${name}.txt`), name);
  for (const name of ['a', 'b', 'c'])
    await own.agent.call('read_text_file', { path: at(`${name}.txt`) });
  await own.agent.call('move_file', { source: at('a.txt'), destination: at('d.txt') });
  await own.agent.call('read_text_file', { path: at('.env') });
  const out = join(node.folder, 'learnt.json');
  const learnt = await node.ioi('policy', 'learn', '--out', out);
  assert.equal(learnt.code, 0, learnt.stderr);
  assert.match(learnt.stderr, /\+ ALLOW fs::read {2}learnt_allow_fs_read/);
  assert.match(learnt.stderr, /3 requests; about everything at and below \S+\/workspace$/m);
  assert.match(learnt.stderr, /\+ REQUIRE_APPROVAL fs::move {2}learnt_ask_fs_move/);
  assert.match(learnt.stderr, /- ALLOW fs::mkdir {2}create_folders/);
  assert.doesNotMatch(learnt.stdout, /ALLOW fs::mkdir/);
  assert.equal((await node.ioi('policy', 'test', out)).code, 0);
  const activated = await node.ioi('policy', 'activate', out, ...withPassphrase);
  assert.equal(activated.code, 0, activated.stderr);
  const read = await own.agent.call('read_text_file', { path: at('b.txt') });
  assert.equal(read.code, undefined);
  const made = await own.agent.call('create_directory', { path: at('new') });
  assert.equal(made.code, 'policy.default_deny');
  const secret = await own.agent.call('read_text_file', { path: at('.env') });
  assert.equal(secret.code, 'policy.blocked');
});

test('a time or a session that holds nothing is a usage fault, and writes nothing', async () => {
  const out = join(node.folder, 'nothing.json');
  for (const flags of [
    ['--since', '2999-01-01T00:00:00Z'],
    ['--session', 'none'],
    ['--since', 'yesterday'],
  ]) {
    const { code } = await node.ioi('policy', 'learn', ...flags, '--out', out);
    assert.equal(code, 2, flags.join(' '));
  }
  assert(!existsSync(out));
});
