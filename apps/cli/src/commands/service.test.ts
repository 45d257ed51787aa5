import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { runningPid } from '../shell/lock.ts';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';
import { UserManager } from '../testing/user-manager.ts';

const missing = UserManager.missing();

// A home that a unit file could misread in every way it has.
const node = new TestNode('a "b" %h $HOME \\x é\n[Service]\nUser=nobody');
const person = join(node.folder, 'person');
const units = join(person, '.config/systemd/user');
let manager: UserManager | undefined;

function service(...args: readonly string[]): Promise<Ran> {
  const bare = { HOME: person, PATH: '/nowhere' };
  const env = { ...bare, ...manager?.environment, IOI_HOME: node.home.folder };
  return runIoi(['service', ...args], { env });
}

async function standing(): Promise<{ state: string; problems: { what: string }[] }> {
  return JSON.parse((await service('status', '--json')).stdout);
}

function unitFile(): string {
  const [name = ''] = readdirSync(units).filter((each) => each.endsWith('.service'));
  return join(units, name);
}

before(async () => {
  mkdirSync(person, { recursive: true });
  assert.equal((await node.init()).code, 0);
});

after(async () => {
  await service('remove');
  await manager?.stop();
  await node.close();
});

test('a dry run shows the file and writes nothing; nor is one half installed', async () => {
  const dry = await service('install', '--dry-run', '--json');
  assert.equal(dry.code, 0, dry.stderr);
  const { path, text, commands } = JSON.parse(dry.stdout);
  assert.match(path, /\/\.config\/systemd\/user\/ioi-[0-9a-f]{8}\.service$/);
  assert.match(text, /^ExecStart=/m);
  assert.match(commands[1], /^systemctl --user enable --now ioi-[0-9a-f]{8}\.service$/);
  const refused = await service('install');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nothing was written.*\n(.*\n)*.*ioi up --detach/);
  assert.deepEqual([existsSync(units), (await standing()).state], [false, 'absent']);
});

test('systemd reads the file without a complaint', { skip: missing }, async (t) => {
  for (const flags of [[], ['--system']]) {
    const dry = await service('install', '--dry-run', '--json', ...flags);
    const path = join(node.folder, 'ioi-verified.service');
    writeFileSync(path, JSON.parse(dry.stdout).text);
    const scope = flags.length === 0 ? '--user' : '--system';
    const env = { PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: node.folder, HOME: person };
    const said = spawnSync('systemd-analyze', [scope, 'verify', path], { env, encoding: 'utf8' });
    t.diagnostic(`systemd-analyze ${scope} verify: ${said.status}`);
    assert.deepEqual([said.status, said.stderr], [0, ''], said.stderr);
  }
});

test('a file alone is written for later; what is not ours or was edited is not', async () => {
  const alone = await service('install', '--no-start');
  assert.equal(alone.code, 0, alone.stderr);
  assert.match(alone.stdout, /next: systemctl --user enable --now ioi-/);
  const path = unitFile();
  const written = readFileSync(path, 'utf8');
  appendFileSync(path, 'Nice=5\n');
  assert.match((await standing()).problems[0]?.what ?? '', /was edited/);
  const kept = await service('install', '--no-start');
  assert.equal(kept.code, 2);
  assert.match(kept.stderr, /^ {2}- Nice=5$/m);
  assert.match(readFileSync(path, 'utf8'), /Nice=5/);
  const replaced = await service('install', '--no-start', '--replace', '--json');
  assert.match(readFileSync(JSON.parse(replaced.stdout).kept, 'utf8'), /Nice=5/);
  assert.equal(readFileSync(path, 'utf8'), written);
  const removed = await service('remove');
  assert.match(removed.stdout, /\.service is gone/);
  assert.ok(!existsSync(path));

  writeFileSync(path, '# mine\n');
  assert.equal((await service('install', '--no-start')).code, 2);
  assert.equal((await service('install', '--no-start', '--replace')).code, 0);
  assert.match((await service('remove')).stdout, /the one again that was there before/);
  assert.equal(readFileSync(path, 'utf8'), '# mine\n');
  rmSync(path);
});

test('a link in the way is left alone, and of a broken install the way back is said', async () => {
  const { path } = JSON.parse((await service('install', '--dry-run', '--json')).stdout);
  symlinkSync('/dev/null', path);
  const refused = await service('install', '--no-start', '--replace');
  assert.match(refused.stderr, /a link or a folder, and is left alone/);
  rmSync(path);
  assert.equal((await service('install', '--no-start')).code, 0);
  rmSync(path);
  const { state, problems } = await standing();
  assert.equal(state, 'broken');
  assert.match(problems[0]?.what ?? '', /an install was begun or its file was deleted/);
  const both = await Promise.all([service('remove'), service('remove')]);
  assert.ok(both.some(({ code }) => code === 0));
  assert.equal((await standing()).state, 'absent');
});

test('systemd keeps the node running, and remove leaves nothing', { skip: missing }, async () => {
  manager = await UserManager.start(node.folder);
  const installed = await service('install', '--json');
  assert.equal(installed.code, 0, installed.stderr);
  assert.equal((await standing()).state, 'whole', JSON.stringify(await standing()));
  assert.ok(existsSync(join(units, 'default.target.wants')));

  const first = runningPid(node.home);
  assert.ok(first !== undefined);
  process.kill(first, 'SIGKILL');
  await until('it runs again', () => {
    const pid = runningPid(node.home);
    return pid !== undefined && pid !== first;
  });
  await until('it answers again', async () => (await standing()).state === 'whole');

  assert.equal((await node.ioi('down')).code, 0);
  assert.equal((await standing()).state, 'down');
  const removed = await service('remove');
  assert.equal(removed.code, 0, removed.stderr);
  const left = readdirSync(units, { recursive: true }).map(String);
  assert.deepEqual(
    left.filter((each) => !/\.kept-|\.wants$/.test(each)),
    [],
  );
  assert.equal((await standing()).state, 'absent');
});
