// A node whose processes have accounts of their own, lived as root of a machine would: accounts
// are made and taken away again, and everything is tried from the account of a person.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { readDedicated } from '../shell/dedicated.ts';
import { clearLeftAccounts, personOf } from '../testing/left-accounts.ts';
import { IOI, type Ran } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const PERSON = personOf(process.pid);
const node = new TestNode('n');
const unit = (name: string): string => join('/etc/systemd/system', `${name}.service`);
/** Each look is a whole command. */
const PATIENCE_MS = 240_000;
let child: ChildProcess | undefined;
let service = '';

/** Why it cannot be tried here. */
function missing(): string | false {
  if (process.getuid?.() !== 0) return 'accounts are made by root alone';
  const needed = ['useradd', 'userdel', 'groupadd', 'usermod', 'setpriv', 'getent', 'pkill'];
  const gone = needed.find((each) => spawnSync('which', [each]).status !== 0);
  return gone === undefined ? false : `there is no ${gone} here`;
}

const skip = missing();

/** By the account of a person, as a log-in makes it. */
function asPerson(...args: readonly string[]): Ran {
  const by = [`--reuid=${PERSON}`, `--regid=${PERSON}`, '--init-groups', '--'];
  const env = { PATH: '/usr/bin:/bin', HOME: join(node.folder, 'person'), IOI_NOTIFY: 'off' };
  const { status, stdout, stderr } = spawnSync('setpriv', [...by, ...args], {
    cwd: node.folder,
    env: { ...env, IOI_HOME: node.home.folder },
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { code: status, stdout, stderr };
}

const person = (...args: readonly string[]): Ran => asPerson(process.execPath, IOI, ...args);

/** The words that systemd starts, with what the unit leaves root. */
function start(): ChildProcess {
  const text = readFileSync(unit(service), 'utf8');
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  const words = value('ExecStart')
    .split('" "')
    .map((each) => each.replaceAll('"', ''));
  const bounded = value('CapabilityBoundingSet')
    .split(' ')
    .map((each) => each.replace('CAP_', '+').toLowerCase());
  const flags = [`--bounding-set=-all,${bounded.join()}`, '--no-new-privs', '--'];
  return spawn('setpriv', [...flags, ...words], {
    env: { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin', IOI_NOTIFY: 'off' },
    stdio: 'ignore',
  });
}

async function end(): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

after(async () => {
  await end();
  if (skip === false) {
    await node.ioi('service', 'remove');
    spawnSync('userdel', [PERSON]);
  }
  await node.close();
});

test('what a run that was killed left is taken away, and nothing else', { skip }, () => {
  // No process has a number beyond what the kernel gives.
  const [gone, service] = [personOf(99_999_999), 'ioi-00c0ffee'];
  const [alive, daemon] = [personOf(1), `${service}-daemon`];
  spawnSync('groupadd', ['--system', service]);
  spawnSync('useradd', ['--system', '--no-create-home', '--gid', service, daemon]);
  for (const person of [gone, alive]) spawnSync('useradd', ['--no-create-home', person]);
  try {
    spawnSync('usermod', ['--append', '--groups', service, gone]);
    assert.ok(clearLeftAccounts().includes(gone));
    const stands = [gone, daemon, alive].map((each) => {
      return spawnSync('getent', ['passwd', each]).status === 0;
    });
    assert.deepEqual(stands, [false, false, true]);
    assert.equal(spawnSync('getent', ['group', service]).status, 2);
  } finally {
    spawnSync('userdel', [alive]);
  }
});

test('a folder that others can replace is refused, and nothing is made', { skip }, async () => {
  chmodSync(node.folder, 0o755);
  assert.equal((await node.init()).code, 0);
  spawnSync('useradd', ['--no-create-home', PERSON]);
  chmodSync(node.folder, 0o777);
  const refused = await node.ioi('service', 'install', '--dedicated-user', '--no-start');
  assert.match(refused.stderr, /others than root can put another folder in the place/);
  assert.match(refused.stderr, /sudo mv .* \/var\/lib\/ioi/);
  assert.equal(readDedicated(node.home.folder), undefined);
  chmodSync(node.folder, 0o755);
  const nobody = ['--no-start', '--for', 'nobody-of-that-name'];
  const unknown = await node.ioi('service', 'install', '--dedicated-user', ...nobody);
  assert.match(unknown.stderr, /there is no account nobody-of-that-name/);
});

test('root is led by no link in the folder, and nothing is made', { skip }, async () => {
  const victim = join(node.folder, 'victim');
  writeFileSync(victim, 'whole\n', { mode: 0o644 });
  const { policies, logs, folder } = node.home;
  for (const parent of [policies, logs]) mkdirSync(parent, { recursive: true });
  const page = join(folder, 'page.json');
  rmSync(page, { force: true });
  for (const link of [page, join(logs, 'guardian.log'), join(policies, 'x.json')]) {
    for (const lay of [symlinkSync, linkSync]) {
      lay(victim, link);
      spawnSync('chown', [PERSON, folder]);
      const refused = await node.ioi('service', 'install', '--dedicated-user', '--no-start');
      rmSync(link);
      assert.match(refused.stderr, /is a link or no plain file/, link);
      const { uid, mode } = statSync(victim);
      assert.deepEqual([readFileSync(victim, 'utf8'), uid, mode & 0o777], ['whole\n', 0, 0o644]);
      assert.notEqual(statSync(folder).uid, 0);
      assert.equal(readDedicated(folder), undefined);
    }
  }
  spawnSync('chown', ['root', folder]);
});

test('each process has an account, and the walls hold when they are tried', { skip }, async () => {
  const flags = ['--dedicated-user', '--no-start', '--for', PERSON, '--json'];
  const config = join(node.home.guardian, 'guardian.json');
  const before = readFileSync(config, 'utf8');
  const held = openSync(config, 'r+');
  const installed = await node.ioi('service', 'install', ...flags);
  assert.equal(installed.code, 0, installed.stderr);
  service = JSON.parse(installed.stdout).name;
  // Who had it open before writes to what it was.
  ftruncateSync(held);
  closeSync(held);
  assert.equal(readFileSync(config, 'utf8'), before);
  const dedicated = readDedicated(node.home.folder);
  assert.ok(dedicated);
  spawnSync('chgrp', ['-R', dedicated.group.name, node.workspace]);
  chmodSync(node.workspace, 0o770);
  const { guardian, daemon } = dedicated.accounts;
  assert.deepEqual(
    [
      statSync(node.home.guardian).uid,
      statSync(node.home.data).uid,
      statSync(node.home.folder).uid,
    ],
    [guardian.uid, daemon.uid, 0],
  );
  child = start();
  const status = await until(
    'it answers',
    () => {
      const asked = person('status', '--json');
      return asked.code === 0 ? JSON.parse(asked.stdout) : undefined;
    },
    PATIENCE_MS,
  );
  assert.deepEqual([status.isolation_tier, status.isolation_here.state], ['separated', 'apart']);
  const stores = ['guardian/seal.key', 'guardian/guardian.db', 'data', 'run', 'logs'];
  for (const path of stores) {
    assert.notEqual(asPerson('cat', join(node.home.folder, path)).code, 0, path);
    assert.notEqual(asPerson('ls', join(node.home.folder, path)).code, 0, path);
  }
  const pids = spawnSync('pgrep', ['-u', String(guardian.uid)], { encoding: 'utf8' }).stdout.trim();
  assert.match(pids, /^[0-9]+$/);
  assert.notEqual(asPerson('head', '-c1', `/proc/${pids}/mem`).code, 0);
  assert.notEqual(asPerson('kill', '-TERM', pids).code, 0);
  assert.match(person('doctor').stdout, /isolation separated, tried from here too/);
  const second = await node.ioi('up');
  assert.match(second.stderr, /is up already/);
  const again = await node.ioi('service', 'install', '--dedicated-user', '--no-start');
  assert.match(again.stderr, /runs the node, whose files are to be given away/);
  assert.equal(person('status').code, 0);
});

test('the person activates, and what is not theirs is refused by name', { skip }, async () => {
  const own = join(node.folder, 'person');
  mkdirSync(own, { mode: 0o700 });
  writeFileSync(join(own, 'pass'), readFileSync(node.passphraseFile));
  spawnSync('chown', ['-R', PERSON, own]);
  const secret = ['--passphrase-file', join(own, 'pass')];
  const activated = person('policy', 'activate', node.home.policy, ...secret);
  assert.equal(activated.code, 0, activated.stderr);
  for (const words of ['down', 'up', 'uninstall', 'upgrade --rollback', 'backup']) {
    const refused = person(...words.split(' '));
    assert.match(refused.stderr, /runs by accounts of its own/, words);
    assert.match(refused.stderr, /next: .*(sudo|systemctl)/, words);
  }
  assert.match(person('service', 'status').stdout, new RegExp(`guardian ${service}-guardian`));
  const to = join(node.folder, 'b');
  const saved = await node.ioi('backup', '--to', to, '--passphrase-file', node.passphraseFile);
  assert.equal(saved.code, 0, saved.stderr);
});

test('removed, the files are whose they were, and no account is left', { skip }, async () => {
  await end();
  const removed = await node.ioi('service', 'remove');
  assert.equal(removed.code, 0, removed.stderr);
  assert.ok(!existsSync(unit(service)));
  assert.equal(spawnSync('getent', ['passwd', `${service}-guardian`]).status, 2);
  assert.equal(spawnSync('getent', ['group', service]).status, 2);
  assert.deepEqual(
    [statSync(node.home.guardian).uid, readDedicated(node.home.folder)],
    [0, undefined],
  );
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.match((await node.ioi('status')).stdout, /isolation {2}mediated/);
  rmSync(join(node.folder, 'person'), { recursive: true });
});
