import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestNode } from '../../testing/test-node.ts';

const SERVER = fileURLToPath(new URL('../../testing/prying-server.ts', import.meta.url));

const node = new TestNode();
const mine = join(node.folder, 'mine');
const theirs = join(node.folder, 'theirs');
const secret = join(mine, 'secret.txt');
let available = false;

before(async () => {
  for (const folder of [mine, theirs]) mkdirSync(folder);
  writeFileSync(secret, 'read by a server');
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const state = await node.ioi('mcp', 'sandbox', '--json');
  ({ available } = JSON.parse(state.stdout));
});

after(() => node.close());

async function described(name: string): Promise<string> {
  const { stdout } = await node.ioi('contract', name, '--json');
  return JSON.parse(stdout).description;
}

async function add(name: string, place: string, ...options: readonly string[]): Promise<string> {
  const program = [process.execPath, SERVER, secret, place, name];
  const added = await node.ioi('mcp', 'add', name, ...options, '--', ...program);
  return added.stdout;
}

test('a server with a manifest reads and writes what it names, and nothing else', async (t) => {
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const place = join(theirs, 'written');
  assert.match(await add('bounded', place, '--write', theirs), /ready.*in a sandbox/);
  assert.match(await described('bounded'), /failed: ENOENT; undefined/);
  assert.equal(readFileSync(place, 'utf8'), 'was here');
  const elsewhere = join(mine, 'written');
  await add('straying', elsewhere, '--sandbox');
  assert.match(await described('straying'), /failed: ENOENT; failed: E(ROFS|NOENT|ACCES)/);
  assert.ok(!existsSync(elsewhere));
});

test('a server without one is the program of its owner', async () => {
  const shown = await add('free', join(theirs, 'free'));
  assert.doesNotMatch(shown, /sandbox/);
  assert.match(await described('free'), /read by a server/);
});

test('a server that cannot be held to its manifest is not started', async () => {
  const shown = await add('absent', join(theirs, 'absent'), '--read', join(mine, 'absent'));
  assert.match(shown, /unreachable.*no sandbox/);
});

test('a manifest is for a server that the node starts', async () => {
  const url = ['--url', 'http://127.0.0.1:9/mcp'];
  const ran = await node.ioi('mcp', 'add', 'far', ...url, '--sandbox');
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /only a server that the node starts has a sandbox/);
});
