// What a release consists of, judged by other programs than ours: tar, sha256sum, openssl, env.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateHybridKey, sealKeyFile } from '@ioi/crypto/shell';
import { controlText } from './core/papers.ts';
import { writeDebian } from './shell/debian.ts';
import { openReleaseKey, signSums, writeArchive, writeSums } from './shell/release-papers.ts';
import { makeTree } from './shell/release-tree.ts';
import { writeSingle } from './shell/single.ts';
import { temporaryFolder } from './testing/temporary.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BUILT = process.env['IOI_BUILT'];
const PASSPHRASE = 'release passphrase';

test('digests and signatures are checked by others, and a changed byte is refused', async (t) => {
  const folder = temporaryFolder(t);
  const key = generateHybridKey();
  const keyFile = join(folder, 'key');
  const cost = { memory_kib: 8, passes: 1, parallelism: 1 };
  writeFileSync(keyFile, await sealKeyFile(key, PASSPHRASE, cost));
  writeFileSync(join(folder, 'a.tgz'), 'archive');
  writeSums(folder, ['a.tgz']);
  writeFileSync(join(folder, 'passphrase'), `${PASSPHRASE}\n`);
  signSums(folder, await openReleaseKey(keyFile, join(folder, 'passphrase')));

  const sums = (): number | null =>
    spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder }).status;
  const signed = (): number | null => {
    const from = ['-pubin', '-inkey', 'release-key.ed25519.pem', '-rawin', '-in', 'SHA256SUMS'];
    const words = ['pkeyutl', '-verify', ...from, '-sigfile', 'SHA256SUMS.ed25519'];
    return spawnSync('openssl', words, { cwd: folder }).status;
  };
  const quantum = (): boolean => {
    const [bytes, signature] = ['SHA256SUMS', 'SHA256SUMS.mldsa44'].map((name) => {
      return readFileSync(join(folder, name));
    });
    return verify(null, bytes ?? '', createPublicKey(key.mlDsa44), signature ?? Buffer.alloc(0));
  };
  assert.deepEqual([sums(), signed(), quantum()], [0, 0, true]);
  writeFileSync(join(folder, 'a.tgz'), 'archivf');
  assert.equal(sums(), 1);
  writeSums(folder, ['a.tgz']);
  assert.equal(sums(), 0);
  assert.notEqual(signed(), 0);
  assert.equal(quantum(), false);
  writeFileSync(join(folder, 'passphrase'), 'another');
  await assert.rejects(openReleaseKey(keyFile, join(folder, 'passphrase')), /key:/);
});

test('the same tree is the same archive, whenever and by whom it was made', (t) => {
  const folder = temporaryFolder(t);
  const archives = ['one', 'two'].map((name, at) => {
    const tree = join(folder, name);
    mkdirSync(join(tree, 'lib'), { recursive: true });
    for (const file of at === 0 ? ['b', 'lib/a'] : ['lib/a', 'b']) {
      writeFileSync(join(tree, file), file, { mode: at === 0 ? 0o600 : 0o664 });
    }
    writeArchive(tree, '.', join(folder, `${name}.tgz`));
    return readFileSync(join(folder, `${name}.tgz`));
  });
  assert.ok(archives[0]?.equals(archives[1] ?? Buffer.alloc(0)));
});

const skip = BUILT === undefined && 'the package is not built: npm run built, and IOI_BUILT';

test('a release starts with nothing of the machine but a shell', { skip }, (t) => {
  const folder = join(temporaryFolder(t), 'a b');
  mkdirSync(folder);
  cpSync(BUILT ?? '', join(folder, 'lib'), { recursive: true });
  const platform = { os: process.platform, cpu: process.arch, libc: 'glibc' };
  const { release, parts } = makeTree(ROOT, folder, platform);
  symlinkSync(join(folder, 'bin/ioi'), join(folder, 'link'));
  const said = execFileSync(join(folder, 'link'), ['--version'], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  });
  assert.equal(said.trim(), release.version);
  const untold = parts.filter(({ license }) => license === 'UNKNOWN').map(({ name }) => name);
  assert.deepEqual(untold, []);
  assert.equal(new Set(parts.map(({ name, version }) => `${name} ${version}`)).size, parts.length);
  checkDebian(t, folder, release.version);
});

/** As a Debian package the same tree is unpacked by dpkg, and starts from /usr/bin. */
function checkDebian(t: TestContext, tree: string, version: string): void {
  if (spawnSync('dpkg-deb', ['--version']).status !== 0) {
    t.diagnostic('no Debian package was made: there is no dpkg-deb here');
    return;
  }
  const deb = join(tree, '../ioi.deb');
  const root = join(tree, '../root');
  writeDebian({ tree, version, cpu: process.arch, compression: 'none' }, deb);
  const field = execFileSync('dpkg-deb', ['--field', deb, 'Package', 'Version'], {
    encoding: 'utf8',
  });
  assert.match(field, /^Package: ioi\nVersion: \d+\.\d+\.\d+/);
  execFileSync('dpkg-deb', ['--extract', deb, root]);
  const options = { env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' } as const;
  assert.equal(execFileSync(join(root, 'usr/bin/ioi'), ['--version'], options).trim(), version);
}

test('the recipe for containers names what a release holds and needs', () => {
  const recipe = readFileSync(join(ROOT, 'tools/pack/Dockerfile'), 'utf8');
  const lines = recipe.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const word = /^(ARG|FROM|RUN|ADD|ENV|USER|VOLUME|WORKDIR|HEALTHCHECK|ENTRYPOINT|CMD)\b|^ {2}/;
  assert.deepEqual(
    lines.filter((line) => !word.test(line)),
    [],
  );
  // ADD unpacks an archive, and a release has its program at bin/ioi.
  assert.match(recipe, /^ADD \$\{RELEASE\} \/opt\/ioi\/$/m);
  assert.match(recipe, /^ENTRYPOINT \["\/opt\/ioi\/bin\/ioi"\]$/m);
  const needed = /^Depends: (.*)$/m.exec(controlText('0.1.0', 'amd64'))?.[1]?.split(', ') ?? [];
  const installed: readonly string[] = recipe.match(/[a-z0-9+-]+/g) ?? [];
  assert.deepEqual(
    needed.filter((name) => name !== 'libc6' && !installed.includes(name)),
    [],
  );
  assert.match(recipe, /^USER (?!root)/m);
  // Nothing but the volume is written by what it runs, so that its root can be read-only.
  assert.match(recipe, /^ENV IOI_HOME=\/data\/node HOME=\/data$/m);
  assert.match(recipe, /^VOLUME \/data$/m);
});

const RUNS = { encoding: 'utf8', timeout: 120_000 } as const;

test('a release in one file unpacks itself once, whole, and for its own account', async (t) => {
  const folder = temporaryFolder(t);
  const single = await smallSingle(folder);
  const above = join(folder, 'unpacked');
  const started = (env: object, ...args: readonly string[]) =>
    spawnSync(single, args, { ...RUNS, env: { PATH: '/usr/bin:/bin', ...env } });
  const here = { IOI_SINGLE: above, NODE_OPTIONS: '--nonsense' };
  const child = spawn(single, ['other'], { env: { IOI_SINGLE: above }, stdio: 'ignore' });
  const raced = once(child, 'exit');
  const first = started({ IOI_SINGLE: above }, 'up', '--x y');
  assert.deepEqual(JSON.parse(first.stdout), ['up', '--x y'], first.stderr);
  assert.deepEqual(await raced, [0, null]);
  const [name = '', ...more] = readdirSync(above);
  assert.deepEqual(more, [], 'two that begin together leave one');
  assert.match(name, /^1\.2\.3-[0-9a-f]{16}$/);
  // What was unpacked is started, whatever the file holds that began it.
  writeFileSync(join(above, name, 'bin/ioi.cjs'), 'console.log("changed")');
  assert.equal(started({ IOI_SINGLE: above }).stdout, 'changed\n');
  assert.notEqual(started(here).status, 0, 'options are for the Node that is started');
  chmodSync(join(above, name), 0o777);
  const open = started({ IOI_SINGLE: above });
  assert.deepEqual([open.status, open.stdout], [1, '']);
  assert.match(open.stderr, /others may write there\n {2}next: name a folder of yours/);

  const bytes = readFileSync(single);
  bytes[bytes.length - 40] = 255 - (bytes.at(-40) ?? 0);
  writeFileSync(single, bytes);
  const other = join(folder, 'damaged');
  const damaged = started({ IOI_SINGLE: other });
  assert.deepEqual([damaged.status, damaged.stdout], [1, '']);
  assert.match(damaged.stderr, /^ioi: it was not started: .*\n {2}next: get it again/);
  assert.deepEqual(readdirSync(other), [], 'nothing is left of what was not whole');
});

/** Of a program that says what it was given. */
async function smallSingle(folder: string): Promise<string> {
  const tree = join(folder, 'tree');
  const node = 'node_modules/node/bin/node';
  for (const each of ['bin', dirname(node)]) mkdirSync(join(tree, each), { recursive: true });
  writeFileSync(join(tree, 'bin/ioi.cjs'), 'console.log(JSON.stringify(process.argv.slice(2)))');
  copyFileSync(process.execPath, join(tree, node));
  const single = join(folder, 'ioi');
  await writeSingle({ tree, version: '1.2.3', node }, single);
  assert.ok(existsSync(join(tree, node)), 'the tree is as it was');
  return single;
}
