import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodeWithAgent } from '../testing/node-with-agent.ts';

const running = new NodeWithAgent();
const { node } = running;
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const DAY_MS = 86_400_000n;

const file = (name: string): string => join(node.workspace, name);

/** What the agent wants to put in place of a file waits. */
async function asksToReplace(name: string, content: string) {
  if (!existsSync(file(name))) writeFileSync(file(name), 'as it was\n');
  const call = running.agent.call('write_file', { path: file(name), content });
  const item = await node.waiting();
  return { id: item.request_hash, expires: BigInt(item.expires), call };
}

test('a value set on the command line is performed, and nothing else', async () => {
  writeFileSync(file('b.txt'), 'as it was\n');
  const { id, call } = await asksToReplace('a.txt', 'of the agent\n');
  const set = ['--set', `path=${file('b.txt')}`, '--set', 'content=of a person'];
  const approved = await node.ioi('approve', id, ...set, ...withPassphrase);
  assert.equal(approved.code, 0, approved.stderr);
  assert.match(approved.stderr, / is [0-9a-f]{12} now: what follows is what an approval would/);
  assert.match(approved.stderr, /│ of a person/);
  assert.match(approved.stdout, /^approved [0-9a-f]{12}: completed, receipt_/);
  await call;
  assert.equal(readFileSync(file('a.txt'), 'utf8'), 'as it was\n');
  assert.equal(readFileSync(file('b.txt'), 'utf8'), 'of a person');
  const shown = await node.ioi('show', id);
  assert.match(shown.stdout, /approval\.edited/);
});

test('what an editor leaves is performed, and nothing where it failed', async () => {
  const { id, call } = await asksToReplace('c.txt', 'sum: 100\n');
  const edit = (editor: string, ...more: string[]) =>
    node.ioiWith({ EDITOR: editor }, 'approve', id, '--edit', ...more, ...withPassphrase);
  for (const [editor, words] of [
    ['true', /nothing was changed/],
    ['false', /false ended with 1/],
    ['echo broken >', /JSON/i],
  ] as const) {
    const refused = await edit(editor);
    assert.equal(refused.code, 2, refused.stdout);
    assert.match(refused.stderr, words);
  }
  assert.equal((await node.guardian.pending())[0]?.request_hash, id, 'it waits on');
  const approved = await edit('sed -i s/100/10/', '--json');
  assert.equal(approved.code, 0, approved.stderr);
  const said = JSON.parse(approved.stdout) as { request_hash: string; approved: boolean };
  assert.equal(said.approved, true);
  assert.notEqual(said.request_hash, id);
  await call;
  assert.equal(readFileSync(file('c.txt'), 'utf8'), 'sum: 10\n');
});

test('an edit that the rules allow is done at once, one that they block leaves all', async () => {
  const { id, call } = await asksToReplace('d.txt', 'of the agent\n');
  const to = (name: string) =>
    node.ioi('approve', id, '--set', `path=${file(name)}`, ...withPassphrase);
  const blocked = await to('.env');
  assert.equal(blocked.code, 10, blocked.stdout);
  assert.match(blocked.stderr, /blocked by rule never_touch_secrets/);
  const done = await to('new.txt');
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /which is allowed: completed/);
  await call;
  assert.equal(readFileSync(file('new.txt'), 'utf8'), 'of the agent\n');
  assert.equal(readFileSync(file('d.txt'), 'utf8'), 'as it was\n');
});

test('a person gives what waits more time, as often as a week holds it', async () => {
  const { id, expires, call } = await asksToReplace('e.txt', 'late\n');
  const extend = (...args: string[]) => node.ioi('inbox', 'extend', ...args);
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'not the passphrase\n');
  const guessed = await extend(id, '--for', '30m', '--passphrase-file', wrong);
  assert.equal(guessed.code, 3);
  assert.match(guessed.stderr, /wrong passphrase/);
  for (const span of [[], ['--for', 'soon'], ['--for', '0m']]) {
    const unsaid = await extend(id, ...span, ...withPassphrase);
    assert.equal(unsaid.code, 2, unsaid.stdout);
    assert.match(unsaid.stderr, /ioi inbox extend ID --for 30m/);
  }
  const unknown = await extend('ffffffffffff', '--for', '30m', ...withPassphrase);
  assert.equal(unknown.code, 2);
  const said = await extend(id, '--for', '30m', ...withPassphrase, '--json');
  assert.equal(said.code, 0, said.stderr);
  assert.equal(JSON.parse(said.stdout).expires, String(expires + 1_800_000n));
  const shown = (await node.guardian.pending())[0];
  assert.equal(shown?.expires, String(expires + 1_800_000n));
  const words = await extend(id, '--for', '5d', ...withPassphrase);
  assert.match(words.stdout, /^[0-9a-f]{12} waits until 20[0-9-]+ [0-9:]+ UTC$/m);
  const long = await extend(id, '--for', '1d', ...withPassphrase);
  assert.equal(long.code, 2, long.stdout);
  assert.match(long.stderr, /a week in all: 23 hours more at most/);
  const rows = await node.ioi('query', 'actions', '--where', `request_hash=${id}`, '--json');
  const until = String(expires + 1_800_000n + 5n * DAY_MS);
  assert.match(rows.stdout, new RegExp(`"expires": ?"?${until}`));
  assert.equal((await node.ioi('approve', id, ...withPassphrase)).code, 0);
  await call;
  assert.equal(readFileSync(file('e.txt'), 'utf8'), 'late\n');
  const over = await extend(id, '--for', '30m', ...withPassphrase);
  assert.match(over.stderr, /nothing waits under/);
  const out = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const verified = await node.ioi('verify', out);
  assert.equal(verified.code, 0, verified.stdout);
});
