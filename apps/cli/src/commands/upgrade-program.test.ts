import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateHybridKey } from '@ioi/crypto/shell';
import { runningPid } from '../shell/lock.ts';
import { IOI, type Ran, runIoi } from '../testing/run-ioi.ts';
import { makeRelease, signRelease } from '../testing/sample-release.ts';
import { TestNode } from '../testing/test-node.ts';

const lib = process.env['IOI_BUILT'];
const skip = lib === undefined && 'the package is not built: npm run built, and IOI_BUILT';

const node = new TestNode();
const person = join(node.folder, 'a person');
const base = join(person, '.local/lib/ioi');
const packages = join(node.folder, 'packages');
const key = generateHybridKey();
const PACKAGES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const keyFile = join(node.folder, 'release-key.json');

const env = { IOI_HOME: node.home.folder, HOME: person, PATH: process.env['PATH'] ?? '' };

function upgrade(...args: readonly string[]): Promise<Ran> {
  return runIoi(['upgrade', ...args], { env });
}

/** The program of the process that runs the node. */
function supervisor(): string {
  const pid = runningPid(node.home);
  return pid === undefined ? '' : readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

before(async () => {
  if (lib === undefined) return;
  for (const each of [person, packages]) mkdirSync(each, { recursive: true });
  // Packages of npm are found above, as every module finds them.
  mkdirSync(join(node.folder, 'node_modules'));
  for (const name of readdirSync(PACKAGES)) {
    symlinkSync(join(PACKAGES, name), join(node.folder, 'node_modules', name));
  }
  writeFileSync(keyFile, JSON.stringify(key.publicKey));
  for (const version of ['0.2.0', '0.3.0', '0.0.1']) makeRelease(packages, { lib, version });
  makeRelease(packages, { lib, version: '0.4.0', isBroken: true });
  signRelease(
    packages,
    readdirSync(packages).filter((name) => name.endsWith('.tgz')),
    key,
  );
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.equal((await node.activate()).code, 0);
});

after(() => node.close());

const at = (version: string): string => join(packages, `ioi-${version}.tgz`);

test('what is not signed, changed or older is refused', {
  skip,
}, async () => {
  const alone = await upgrade(at('0.2.0'));
  assert.deepEqual([alone.code, existsSync(join(base, 'current'))], [12, false]);
  assert.match(alone.stderr, /its digest alone/);
  const stranger = join(node.folder, 'stranger.json');
  writeFileSync(stranger, JSON.stringify(generateHybridKey().publicKey));
  assert.match(
    (await upgrade(at('0.2.0'), '--key', stranger)).stderr,
    /not signed by the release key/,
  );
  const half = { ...key.publicKey, ml_dsa_44: generateHybridKey().publicKey.ml_dsa_44 };
  writeFileSync(stranger, JSON.stringify(half));
  assert.match((await upgrade(at('0.2.0'), '--key', stranger)).stderr, /mldsa44 is not signed/);
  const older = await upgrade(at('0.0.1'), '--key', keyFile);
  assert.deepEqual([older.code, /0\.0\.1 is older than/.test(older.stderr)], [2, true]);
  const remembered = readFileSync(join(base, 'release-key.json'), 'utf8');
  assert.equal(JSON.parse(remembered).ed25519, key.publicKey.ed25519);
  const before = readFileSync(at('0.3.0'));
  appendFileSync(at('0.3.0'), 'x');
  assert.match((await upgrade(at('0.3.0'), '--key', keyFile)).stderr, /is not the file that/);
  writeFileSync(at('0.3.0'), before);
  assert.deepEqual(readdirSync(join(base, 'versions')), []);
  assert.ok(supervisor().includes(IOI));
});

test('another version runs the node, its log verifies, and one word goes back', {
  skip,
}, async () => {
  const first = await upgrade(at('0.2.0'), '--key', keyFile, '--json');
  assert.equal(first.code, 0, first.stderr);
  const { version, vouched, snapshot, started } = JSON.parse(first.stdout);
  assert.deepEqual([version, vouched, started], ['0.2.0', 'key', true]);
  assert.ok(existsSync(snapshot));
  assert.match(supervisor(), /versions\/0\.2\.0-[0-9a-f]{12}\//);
  const second = await upgrade(at('0.3.0'));
  assert.equal(second.code, 0, second.stderr);
  assert.match(supervisor(), /versions\/0\.3\.0-/);
  assert.equal(readdirSync(join(base, 'versions')).length, 2);
  const back = await upgrade('--rollback');
  assert.match(back.stdout, /^back to 0\.2\.0-[0-9a-f]{12}: it runs/);
  assert.match(supervisor(), /versions\/0\.2\.0-/);
  assert.match((await upgrade()).stdout, /^signed by sha256:/m);
});

test('a version that does not run the node is given up for the one before', {
  skip,
}, async () => {
  const led = readlinkSync(join(base, 'current'));
  const nowhere = { ...env, TMPDIR: join(node.folder, 'nowhere') };
  const unchanged = await runIoi(['upgrade', at('0.3.0'), '--no-backup'], { env: nowhere });
  assert.match(unchanged.stderr, /nothing was changed: .*nowhere takes no files/);
  assert.match(supervisor(), /versions\/0\.2\.0-/);
  const ran = await upgrade(at('0.4.0'), '--no-backup');
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /was given up, and the one before runs again/);
  assert.equal(readlinkSync(join(base, 'current')), led);
  assert.match(supervisor(), /versions\/0\.2\.0-/);
  assert.equal((await node.ioi('status')).code, 0);
});

test('a full disk is named, and leaves the version that runs', { skip }, async (t) => {
  const full = join(node.folder, 'full');
  mkdirSync(full);
  const words = [process.execPath, IOI, 'upgrade', at('0.3.0'), '--unsigned', '--into', full];
  const within = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"';
  const ran = spawnSync('unshare', ['--mount', 'sh', '-c', within, full, ...words], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (/unshare|mount:/.test(ran.stderr)) return t.skip('mount namespaces are not permitted here');
  assert.match(ran.stderr, /there is no room for another version/);
  assert.match(supervisor(), /versions\/0\.2\.0-/);
  return undefined;
});

test('what was cut off half-way is said, and one word goes back', { skip }, async () => {
  const statePath = join(base, 'upgrade.json');
  const state = JSON.parse(readFileSync(statePath, 'utf8'));
  const from = { kind: 'version', name: readlinkSync(join(base, 'current')).split('/').at(-1) };
  // As whoever was killed with the node down and the link led elsewhere leaves it.
  assert.equal((await node.ioi('down')).code, 0);
  writeFileSync(statePath, JSON.stringify({ ...state, under_way: { from, was_up: true } }));
  rmSync(join(base, 'current'));
  const left = join(base, 'versions/left.1.part');
  mkdirSync(left);
  assert.match((await upgrade()).stdout, /a change was cut off/);
  assert.equal((await upgrade(at('0.0.1'), '--unsigned')).code, 2);
  assert.ok(!existsSync(left));
  assert.equal((await upgrade('--rollback')).code, 0);
  assert.match(supervisor(), /versions\/0\.2\.0-/);
});

test('a version that was led to by a killed upgrade is started and checked by the next one', {
  skip,
}, async () => {
  assert.equal((await node.ioi('down')).code, 0);
  const statePath = join(base, 'upgrade.json');
  const state = JSON.parse(readFileSync(statePath, 'utf8'));
  const from = { kind: 'version', name: readlinkSync(join(base, 'current')).split('/').at(-1) };
  const names = readdirSync(join(base, 'versions'));
  const to = names.find((name) => name.startsWith('0.3.0-')) ?? '';
  const under_way = { from, was_up: true, kept_by: 'nobody' };
  writeFileSync(statePath, JSON.stringify({ ...state, under_way }));
  rmSync(join(base, 'current'));
  symlinkSync(join('versions', to), join(base, 'current'));
  const ran = await upgrade(at('0.3.0'), '--json');
  assert.equal(ran.code, 0, ran.stderr);
  const { changed, started } = JSON.parse(ran.stdout);
  assert.deepEqual([changed, started], [true, true]);
  assert.match(supervisor(), /versions\/0\.3\.0-/);
  const { previous, under_way: left } = JSON.parse(readFileSync(statePath, 'utf8'));
  assert.deepEqual([previous, left], [from, undefined]);
});

test('whatever throws once the node is stopped has the one before run again', {
  skip,
}, async () => {
  const current = join(base, 'current');
  const led = readlinkSync(current);
  rmSync(current);
  mkdirSync(current);
  const ran = await upgrade(at('0.3.0'), '--no-backup');
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /was given up, and the one before runs again: .*current is no link/);
  assert.ok(supervisor().includes(IOI));
  rmdirSync(current);
  symlinkSync(led, current);
});
