import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodeWithAgent } from '../testing/node-with-agent.ts';

const own = new NodeWithAgent();
const { node } = own;
const notes = join(node.workspace, 'notes.txt');

/** Files of the node, journals included, in which a text stands. */
function filesWith(text: string): string[] {
  const names = readdirSync(node.home.folder, { recursive: true }) as string[];
  const paths = names.map((name) => join(node.home.folder, name));
  return paths.filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

async function write(name: string, content: string): Promise<void> {
  const path = join(node.workspace, name);
  const written = await own.agent.call('write_file', { path, content });
  assert.equal(written.isError, false);
  rmSync(path);
}

async function json<T>(...args: string[]): Promise<T> {
  return JSON.parse((await node.ioi(...args, '--json')).stdout) as T;
}

type Listed = { readonly contents: readonly { readonly envelope: { readonly sha256: string } }[] };

test('contents are in no file in the clear, shown when asked for, and forgotten', async () => {
  await write('one.txt', 'a MARKER nobody should find');
  assert.deepEqual(filesWith('MARKER'), []);
  const overview = await node.ioi('data', 'show');
  assert.match(overview.stdout, /^content +1 +/m);
  assert.match(overview.stdout, /^free /m);
  const listed = await json<Listed>('data', 'show', 'class:content');
  const digest = listed.contents[0]?.envelope.sha256 ?? '';
  const short = digest.slice('sha256:'.length, 'sha256:'.length + 12);
  assert.equal((await node.ioi('data', 'show', short)).stdout.includes('MARKER'), false);
  const shown = await node.ioi('data', 'show', short, '--content');
  assert.ok(shown.stdout.includes('│ a MARKER nobody should find'), shown.stderr);
  const before = join(node.folder, 'before.ioi');
  assert.equal((await node.ioi('export', '--out', before)).code, 0);
  const unasked = await node.ioi('data', 'forget', short);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /--yes/);
  const forgotten = await node.ioi('data', 'forget', short, '--yes', '--reason', 'asked for');
  assert.equal(forgotten.code, 0, forgotten.stderr);
  assert.match(forgotten.stdout, /^forgot 1 contents, .*\nentry [0-9]+ .* op_[0-9a-f]{32}$/m);
  assert.match((await node.ioi('data', 'show', digest)).stdout, /^forgotten: entry [0-9]+ says so/);
  const again = await node.ioi('data', 'forget', short, '--yes');
  assert.equal(again.code, 2);
  assert.deepEqual(filesWith('MARKER'), []);
  const later = join(node.folder, 'after.ioi');
  assert.equal((await node.ioi('export', '--out', later)).code, 0);
  for (const file of [before, later]) {
    const verified = await node.ioi('verify', file);
    assert.equal(verified.code, 0, verified.stdout);
  }
});

test('what is held is not forgotten, by nobody, until it is released', async () => {
  await write('two.txt', 'held');
  const held = await node.ioi('data', 'hold', 'class:content', '--matter', 'case 17');
  assert.equal(held.code, 0, held.stderr);
  const listed = await node.ioi('data', 'show', 'class:content');
  assert.match(listed.stdout, /held by case 17/);
  const refused = await node.ioi('data', 'forget', 'class:content', '--yes');
  assert.equal(refused.code, 10);
  assert.match(refused.stderr, /held/);
  assert.equal((await node.ioi('data', 'hold', 'class:content', '--matter', 'case 17')).code, 2);
  assert.equal((await node.ioi('data', 'release', 'class:content')).code, 2);
  assert.equal((await node.ioi('data', 'release', 'class:content', '--matter', 'case 17')).code, 0);
  assert.equal((await node.ioi('data', 'forget', 'class:content', '--yes')).code, 0);
});

test('nothing is forgotten by a selector that is not understood', async () => {
  await write('three.txt', 'stays');
  for (const terms of [
    ['*'],
    ['class:*'],
    ['older:-1d'],
    ["agent:x' OR 1=1"],
    ['abc'],
    ['--all'],
  ]) {
    const refused = await node.ioi('data', 'forget', ...terms, '--yes');
    assert.equal(refused.code, 2, terms.join(' '));
  }
  const { contents } = await json<Listed>('data', 'show', 'class:content');
  assert.equal(contents.length, 1);
});

test('a rule is kept in node.json, and holds after the next start too', async () => {
  const changed = await node.ioi('data', 'retain', 'output', '--days', '7', '--max', '500MiB');
  assert.match(changed.stdout, /^output: kept for 7 days, at most 500 MiB$/m);
  for (const wrong of [['output'], ['secret', '--days', '1'], ['output', '--max', 'lots']]) {
    assert.equal((await node.ioi('data', 'retain', ...wrong)).code, 2);
  }
  const { retention } = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  assert.deepEqual(retention, { output: { keep_days: 7, max_bytes: 524_288_000 } });
  await own.agent.call('read_text_file', { path: notes });
  const { contents } = await json<Listed>('data', 'show', 'class:output');
  const [output] = contents;
  const shown = await node.ioi('data', 'show', output?.envelope.sha256 ?? '', '--content');
  assert.match(shown.stdout, /"text":"old\\\\n"/);
  assert.deepEqual(filesWith('"text":"old'), []);
});

test('a request that waits finds its content again after a restart', async () => {
  const content = 'from before the RESTART\n';
  void own.agent.call('write_file', { path: notes, content }).catch(() => undefined);
  const item = await node.waiting();
  const hash = item.request_hash;
  const busy = await node.ioi('data', 'forget', `request:${hash}`, '--yes');
  assert.equal(busy.code, 10);
  await own.agent.close();
  assert.equal((await node.ioi('down')).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const inbox = await node.ioi('inbox');
  assert.ok(inbox.stdout.includes('│ from before the RESTART'), inbox.stdout);
  const file = ['--passphrase-file', node.passphraseFile];
  const approved = await node.ioi('approve', hash, ...file);
  assert.equal(approved.code, 0, approved.stderr);
  assert.equal(readFileSync(notes, 'utf8'), content);
  assert.deepEqual(filesWith('RESTART'), []);
  await own.connect();
  const answer = await own.agent.call('write_file', { path: notes, content });
  assert.equal(answer.isError, false, 'the same act asked for again is answered, not asked twice');
  assert.equal((await node.guardian.pending()).length, 0);
});

test('a rule in node.json that cannot be meant keeps the node from starting', async () => {
  await own.agent.close();
  await node.ioi('down');
  const good = readFileSync(node.home.nodeConfig, 'utf8');
  const bad = { ...JSON.parse(good), retention: { content: { keep_days: -1 } } };
  writeFileSync(node.home.nodeConfig, JSON.stringify(bad));
  const refused = await node.ioi('up', '--detach');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /\/retention\/content/);
  writeFileSync(node.home.nodeConfig, good);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  await own.connect();
});
