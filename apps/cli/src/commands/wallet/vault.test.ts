import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { runIoi } from '../../testing/run-ioi.ts';
import { TestNode } from '../../testing/test-node.ts';

const SECRET = 'planted-secret-6f1d9c0b7a52';
const node = new TestNode();
const P = ['--passphrase-file', node.passphraseFile];
const bin = join(node.folder, 'bin');

before(async () => {
  mkdirSync(bin);
  assert.equal((await node.init()).code, 0);
  await up();
});

after(() => node.close());

async function up(): Promise<void> {
  const started = await node.ioiWith({ PATH: path() }, 'up', '--detach');
  assert.equal(started.code, 0, started.stderr);
}

async function restart(): Promise<void> {
  assert.equal((await node.ioi('down')).code, 0);
  await up();
}

/** With our own programs before those of the system. */
function path(): string {
  return `${bin}:${process.env['PATH']}`;
}

function program(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}

async function ioi(...args: readonly string[]) {
  const ran = await node.ioiWith({ PATH: path() }, '--json', 'wallet', ...args);
  const said = ran.stdout === '' ? ran.stderr.split('\n')[0] : ran.stdout;
  return { code: ran.code, ...JSON.parse(said ?? '{}') };
}

function withInput(input: string, ...args: readonly string[]) {
  return runIoi(['wallet', ...args, ...P], { env: { IOI_HOME: node.home.folder }, input });
}

async function state(): Promise<string> {
  return (await ioi('vault', 'status')).state;
}

function filesWith(text: string): string[] {
  const names = readdirSync(node.home.folder, { recursive: true }) as string[];
  const paths = names.map((name) => join(node.home.folder, name));
  return paths.filter((each) => statSync(each).isFile() && readFileSync(each).includes(text));
}

test('a secret is put, rotated, told of and forgotten, and its value stands nowhere', async () => {
  const place = ['--server', 'mail', '--origin', 'https://mail.example', '--stdin'];
  const set = await withInput(`${SECRET}\n`, 'secret', 'set', 'mail', '--kind', 'bearer', ...place);
  assert.equal(set.code, 0, set.stderr);
  const basic = ['--kind', 'basic', '--username', 'ann', ...place];
  const second = await withInput(`${SECRET}-2\n`, 'secret', 'set', 'shop', ...basic);
  assert.equal(second.code, 0, second.stderr);
  const rotated = await withInput(`${SECRET}-3\n`, 'secret', 'rotate', 'mail', '--stdin');
  assert.equal(rotated.code, 0, rotated.stderr);
  const { items } = await ioi('secret', 'list');
  assert.deepEqual(
    items.map(({ name, version }: { name: string; version: number }) => [name, version]),
    [
      ['mail', 2],
      ['shop', 1],
    ],
  );
  assert.equal((await ioi('secret', 'history', 'mail')).versions.length, 2);
  assert.equal((await ioi('secret', 'restore', 'mail', '1', ...P)).version, 3);
  assert.equal((await ioi('secret', 'remove', 'shop', ...P)).code, 0);
  const { uses } = await ioi('secret', 'uses');
  const acts = uses.map(({ act }: { act: string }) => act);
  assert.deepEqual(acts, ['put', 'put', 'put', 'revived', 'removed']);
  assert.deepEqual(filesWith(SECRET), []);
});

test('locked, it decides and shows its inbox; what it holds is listed, not changed', async () => {
  assert.equal((await ioi('lock')).state, 'locked');
  assert.equal((await node.ioi('inbox')).code, 0);
  assert.equal((await node.ioi('status')).code, 0);
  assert.equal((await ioi('secret', 'list')).items.length, 1);
  const refused = await withInput(`${SECRET}\n`, 'secret', 'rotate', 'mail', '--stdin');
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /locked.*\n.*next: ioi wallet unlock/);
  const bad = join(node.folder, 'bad');
  writeFileSync(bad, 'not the passphrase\n');
  assert.equal((await ioi('unlock', '--passphrase-file', bad)).error.exit, 'authority');
  assert.equal((await ioi('unlock', '--for', 'soon', ...P)).error.exit, 'usage');
  const open = await ioi('unlock', '--for', '2s', ...P);
  assert.equal(open.state, 'unlocked');
  await until('it is locked', async () => (await state()) === 'locked');
  assert.equal((await ioi('unlock', ...P)).state, 'unlocked');
});

test('without an unattended unlocker a restart leaves it locked', async () => {
  const off = await ioi('unattended', 'off', ...P);
  assert.deepEqual(off.dropped, ['file']);
  await restart();
  assert.equal(await state(), 'locked');
  assert.equal((await ioi('unlock', ...P)).state, 'unlocked');
});

test('a keyring that is not there, or keeps nothing, is refused and changes nothing', async () => {
  const bare = { PATH: join(process.execPath, '..') };
  const missing = await node.ioiWith(bare, 'wallet', 'unattended', 'keyring', ...P);
  assert.match(missing.stderr, /secret-tool is not installed/);
  program('secret-tool', 'cat > /dev/null; exit 0');
  assert.equal((await ioi('unattended', 'keyring', ...P)).error.code, 'keyring.refused');
  program('secret-tool', 'echo "no such collection" >&2; exit 1');
  const failed = await ioi('unattended', 'keyring', ...P);
  assert.match(failed.error.message, /no such collection/);
  assert.equal((await ioi('vault', 'status')).unattended, 'off');
});

test('a keyring that gives back what it got opens the vault at the next start', async () => {
  const kept = join(node.folder, 'kept');
  program(
    'secret-tool',
    `case "$1" in store) cat > ${kept};; lookup) cat ${kept};; clear) rm -f ${kept};; esac`,
  );
  const set = await ioi('unattended', 'keyring', ...P);
  assert.equal(set.code, 0, JSON.stringify(set));
  const key = readFileSync(kept, 'utf8');
  const bad = join(node.folder, 'bad');
  assert.equal((await ioi('unattended', 'keyring', '--passphrase-file', bad)).code, 3);
  assert.equal(readFileSync(kept, 'utf8'), key);
  await restart();
  await until('it is open', async () => (await state()) === 'unlocked');
  writeFileSync(kept, Buffer.alloc(32).toString('base64'));
  await restart();
  assert.equal(await state(), 'locked');
  assert.equal((await ioi('unlock', ...P)).state, 'unlocked');
  assert.equal((await ioi('unattended', 'file', ...P)).code, 0);
  assert.equal(existsSync(kept), false);
});

test('systemd seals a key where it can; outside of its unit the vault stays locked', async () => {
  const set = await ioi('unattended', 'systemd', ...P);
  if (set.code !== 0) {
    assert.equal(set.error.code, 'systemd.refused');
    assert.equal((await ioi('vault', 'status')).unattended, 'file');
    return;
  }
  assert.ok(existsSync(join(node.home.folder, 'ioi-vault-key.cred')));
  await node.ioi('down');
  const folder = join(node.folder, 'credentials');
  mkdirSync(folder);
  writeFileSync(join(folder, 'ioi-vault-key'), Buffer.alloc(32).toString('base64'));
  const env = { PATH: path(), CREDENTIALS_DIRECTORY: folder };
  assert.equal((await node.ioiWith(env, 'up', '--detach')).code, 0);
  assert.equal(await state(), 'locked');
  assert.equal((await ioi('unlock', ...P)).state, 'unlocked');
  assert.equal((await ioi('unattended', 'file', ...P)).code, 0);
});

test('a .env file is shown, then taken line by line, and left as it is', async () => {
  const file = join(node.folder, '.env');
  const text = `GITHUB_TOKEN=${SECRET}\nexport A_TOKEN=${SECRET}\nPORT=3000\nMY_TOKEN=${SECRET}\n`;
  writeFileSync(file, text);
  const dry = await ioi('secret', 'import', file, '--dry-run');
  assert.deepEqual(
    [dry.would.length, dry.unbound.length, dry.settings.length, dry.left.length],
    [1, 1, 1, 1],
  );
  assert.equal(JSON.stringify(dry).includes(SECRET), false);
  assert.equal((await ioi('secret', 'import', file, ...P)).error.exit, 'usage');
  assert.equal((await ioi('secret', 'list')).items.length, 1);
  const bind = ['--bind', 'MY_TOKEN=mine,https://mine.example'];
  const done = await ioi('secret', 'import', file, '--accept', ...bind, ...P);
  assert.deepEqual(done.set, ['github_token', 'my_token']);
  assert.equal(JSON.stringify(done).includes(SECRET), false);
  const again = await ioi('secret', 'import', file, '--dry-run');
  assert.equal(again.would[0].replaces, 1);
  assert.equal(readFileSync(file, 'utf8'), text);
  assert.deepEqual(filesWith(SECRET), []);
});

test('a vault that was put back is refused by name, and its owner has two ways on', async () => {
  const paths = ['vault.lines', 'vault.copy.lines'].map((name) => join(node.home.guardian, name));
  const before = readFileSync(paths[0] as string);
  assert.equal((await ioi('secret', 'remove', 'my_token', ...P)).code, 0);
  await node.ioi('down');
  for (const each of paths) writeFileSync(each, before);
  await up();
  const status = await ioi('vault', 'status');
  assert.deepEqual([status.state, status.refusal.code], ['refused', 'vault.rolled_back']);
  assert.equal(status.code, 12);
  assert.equal((await ioi('vault', 'adopt', ...P)).state, 'unlocked');
  assert.equal((await ioi('secret', 'list')).items.length, 3);
  const { aside } = await ioi('vault', 'reset', ...P);
  assert.ok(existsSync(join(node.home.guardian, aside)));
  assert.deepEqual((await ioi('secret', 'list')).items, []);
});
