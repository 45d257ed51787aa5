import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const phraseFile = join(node.folder, 'phrase');
const P = ['--passphrase-file', node.passphraseFile];
const SECRET = 'planted-secret-0123456789';

after(() => node.close());

function put(secret: string, ...args: readonly string[]) {
  const env = { IOI_HOME: node.home.folder };
  const words = ['wallet', 'secret', ...args, '--stdin', ...P];
  return runIoi(words, { env, input: `${secret}\n` });
}

/** By which an earlier version becomes the newest: it has to be opened for that. */
async function opens(folder: string, passphraseFile: string): Promise<void> {
  const words = ['wallet', 'secret', 'restore', 'mail', '1', '--passphrase-file', passphraseFile];
  const revived = await node.ioiWith({ IOI_HOME: folder }, ...words);
  assert.equal(revived.code, 0, revived.stderr);
}

test('a vault written to meanwhile opens after a restore, and after a handover', async () => {
  assert.equal((await node.init('--phrase-out', phraseFile)).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const place = ['--server', 'mail', '--origin', 'https://mail.example', '--kind', 'bearer'];
  const set = await put(SECRET, 'set', 'mail', ...place);
  assert.equal(set.code, 0, set.stderr);
  const { policies } = node.home;
  mkdirSync(join(policies, 'older'), { recursive: true });
  for (const name of ['my règles.toml', '.draft.swp']) writeFileSync(join(policies, name), '#');
  const file = join(node.folder, 'node.backup');
  let isDone = false;
  const writing = (async () => {
    for (let at = 2; !isDone; at += 1) {
      assert.equal((await put(`${SECRET}-${at}`, 'rotate', 'mail')).code, 0);
    }
  })();
  const made = await node.ioi('backup', '--to', file);
  isDone = true;
  await writing;
  assert.equal(made.code, 0, made.stderr);
  await node.ioi('down');

  const folder = join(node.folder, 'restored');
  const fresh = join(node.folder, 'fresh');
  writeFileSync(fresh, 'another passphrase altogether\n', { mode: 0o600 });
  const words = ['restore', file, '--phrase-file', phraseFile, '--passphrase-file', fresh];
  const there = (...args: readonly string[]) => node.ioiWith({ IOI_HOME: folder }, ...args);
  const restored = await there(...words);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stderr, /is it yours\?.* node:\/\/.* sha256 [0-9a-f]{64}/);
  assert.equal(readFileSync(join(folder, 'policies', 'my règles.toml'), 'utf8'), '#');
  assert.ok(!existsSync(join(folder, 'policies', '.draft.swp')));
  const page = (home: string) => readFileSync(join(home, 'page.json'), 'utf8');
  assert.equal(page(folder), page(node.home.folder), 'passkeys still find the page');
  assert.equal((await there('up', '--detach')).code, 0);
  await opens(folder, fresh);
  assert.equal((await there('down')).code, 0);
  const handed = await there('agentgres', 'handover', '--passphrase-file', fresh);
  assert.equal(handed.code, 0, handed.stderr);
  assert.equal((await there('up', '--detach')).code, 0);
  await opens(folder, fresh);
  assert.equal((await there('down')).code, 0);
});
