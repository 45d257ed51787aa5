// Jobs where the kernel lets nobody make a namespace, as in most containers of build servers.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { IOI, newFolder, type Ran, removeFolder, runIoi } from '../testing/run-ioi.ts';
import { WebServer } from '../testing/web-server.ts';

const home = newFolder();
const folder = join(home, 'work');
let server: WebServer | undefined;

/** As in a container: a user namespace in which no other can be made, and no right to mount. */
const BARE = 'setpriv --bounding-set=-all --inh-caps=-all --no-new-privs --';
const DENIED = `echo 0 > /proc/sys/user/max_user_namespaces && exec ${BARE} "$@"`;
const WALLED = ['--user', '--map-root-user', 'sh', '-c', DENIED, 'sh'];

function missing(): string | false {
  const tried = spawnSync('unshare', [...WALLED, 'true'], { encoding: 'utf8' });
  if (tried.status !== 0) return `no user namespace to forbid others in: ${tried.stderr}`;
  const again = ['--user', '--mount'].map((each) => {
    return spawnSync('unshare', [...WALLED, 'unshare', each, 'true']).status;
  });
  return again.includes(0) ? 'namespaces are not denied by that here' : false;
}

const skip = missing();

before(async () => {
  mkdirSync(folder);
  server = await WebServer.start(home);
  const conditions = { allow_domains: ['127.0.0.2'] };
  const rules = [{ rule_id: 'read', target: 'net::fetch', action: 'ALLOW', conditions }];
  writeFileSync(
    join(folder, 'policy.json'),
    JSON.stringify({ policy_id: 'job', defaults: 'deny_all', rules }),
  );
});

after(() => {
  server?.close();
  removeFolder(home);
});

/** Not waited for at a stop: the server that it asks is in this process. */
async function job(script: string, ...options: readonly string[]): Promise<Ran> {
  const hosts = server === undefined ? [] : ['--host', server.host];
  const words = ['run', '--ci', '--policy', 'policy.json', ...hosts, ...options];
  const program = [process.execPath, IOI, ...words, '--', 'sh', '-c', script];
  const child = spawn('unshare', [...WALLED, ...program], {
    env: { PATH: '/usr/bin:/bin', HOME: home, NODE_EXTRA_CA_CERTS: server?.certificateFile ?? '' },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 200_000,
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, stdout, stderr };
}

test('without namespaces nothing is started, and the cause is named', { skip }, async () => {
  const refused = await job('touch started');
  assert.equal(refused.code, 125, refused.stderr);
  assert.match(refused.stderr, /no sandbox: .*namespace/i);
  assert.match(refused.stderr, /--isolation-declared container/);
  assert.ok(!existsSync(join(folder, 'started')));
  assert.match(readFileSync(join(folder, 'ioi-ci/junit.xml'), 'utf8'), /nothing was started/);
});

test('what holds it is declared, and every report says that nobody checked', {
  skip,
}, async (t) => {
  if (server === undefined) return t.skip('nobody makes certificates here: openssl');
  const ask = `curl -s -m 60 -o /dev/null -w '%{http_code}\\n' https://${server.host}/x`;
  const script = `touch started; ${ask}; ${ask} -X POST`;
  const done = await job(script, '--isolation-declared', 'container', '--out', 'declared');
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(done.stdout.trim().split('\n'), ['200', '403'], done.stderr);
  assert.match(done.stderr, /held by container, as you declare; nobody checked that/);
  assert.ok(existsSync(join(folder, 'started')));
  const read = (name: string): string => readFileSync(join(folder, 'declared', name), 'utf8');
  assert.match(read('junit.xml'), /ioi\.isolation" value="container, declared and not checked"/);
  const isolation = { by: 'declared', declared: 'container', checked: false };
  assert.deepEqual(JSON.parse(read('results.sarif')).runs[0].properties, { isolation });
  assert.deepEqual(JSON.parse(read('requests.json')).isolation, isolation);
  assert.match(read('log.jsonl'), /\/declared\/container\/sh/);
  const verified = await runIoi(['verify', join(folder, 'declared/log.jsonl')], { cwd: folder });
  assert.equal(verified.code, 0, verified.stderr);
});

test('nobody declares it but for a job, and by a word', async () => {
  for (const words of [
    ['--isolation-declared', 'vm'],
    ['--ci', '--isolation-declared', 'A b'],
  ]) {
    const { code, stderr } = await runIoi(['run', ...words, '--', 'true'], { cwd: folder });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /goes with --ci, and takes a word/);
  }
});

test('what takes a sandbox of ours is refused by name where none is made', async () => {
  for (const words of [['--shell'], ['--models', 'writer']]) {
    const declared = ['--ci', '--isolation-declared', 'vm', ...words];
    const { code, stderr } = await runIoi(['run', ...declared, '--', 'true'], { cwd: folder });
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(`${words[0]} takes a sandbox of ours`));
  }
});
