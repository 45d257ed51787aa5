import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import type { ServerManifest } from '../launch.ts';
import { Sandbox } from './launch-sandboxed.ts';
import { probeSandbox } from './probe.ts';
import { runSandboxed } from './run-sandboxed.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-sandbox-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const [node, project, notes, code] = ['node', 'project', 'notes', 'code'].map((name) => {
  mkdirSync(join(folder, name));
  return join(folder, name);
}) as [string, string, string, string];
writeFileSync(join(node, 'secret'), 'the-seal-key');
mkdirSync(join(project, '.git', 'hooks'), { recursive: true });
writeFileSync(join(project, '.git', 'config'), '[core]');
writeFileSync(join(notes, 'note'), 'to be read');
symlinkSync(join(node, 'secret'), join(project, 'link'));

const probed = probeSandbox();
const skip = probed.ok ? false : `${probed.refusal.cause}: ${probed.refusal.fix}`;

const manifest: ServerManifest = {
  paths: { read: [notes], write: [project] },
  hosts: [],
  placeholders: { TOKEN: 'stands-for-it' },
};

type Ended = { readonly said: string; readonly how: string };

async function run(
  command: string,
  args: readonly string[],
  about: { readonly manifest?: ServerManifest; readonly hidden?: readonly string[] } = {},
): Promise<Ended> {
  const sandbox = new Sandbox({ hidden: about.hidden ?? [node] });
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  const launched = sandbox.launch(command, args, { env, manifest: about.manifest ?? manifest });
  const said = Promise.all([text(launched.stdout), text(launched.stderr)]);
  launched.stdin.end();
  const how = await launched.exited;
  return { said: (await said).join('\n'), how };
}

const shell = (script: string, about = {}) => run('/bin/sh', ['-c', script], about);

test('a program sees its manifest, the system and itself, and nothing more', { skip }, async () => {
  const { said } = await shell(
    `cat ${notes}/note; echo; ls -A ${folder}; ls -A ~; echo "$TOKEN"; env`,
  );
  assert.match(said, /to be read/);
  assert.match(said, /^notes\nproject$/m);
  assert.match(said, /^stands-for-it$/m);
  const names = [...said.matchAll(/^([A-Za-z_]+)=/gm)].map(([, name]) => name);
  assert.deepEqual(names.sort(), ['HOME', 'PATH', 'PWD', 'TMPDIR', 'TOKEN']);
});

test('it writes where it may, and the write is real', { skip }, async () => {
  const { how } = await shell(`echo kept > ${project}/file && test ! -w ${notes}/note`);
  assert.equal(how, 'exit 0');
  assert.equal(readFileSync(join(project, 'file'), 'utf8'), 'kept\n');
});

/** Each must fail; what it says must not hold what lies behind the wall. */
const ESCAPES: Readonly<Record<string, string>> = {
  'a path of the node': 'cat NODE/secret',
  'a link out of what is shown': 'cat PROJECT/link',
  'the way over the parent': 'cat PROJECT/../node/secret',
  'the root of another process': 'cat /proc/1/root/NODE/secret',
  'the environment of another process': 'cat /proc/[0-9]*/environ | grep -a IOI_HOME',
  'writing what may be read': 'echo x >> NOTES/note',
  'a hook that git runs later': 'echo x > PROJECT/.git/hooks/pre-commit',
  'the configuration of git': 'echo x >> PROJECT/.git/config',
  'moving frozen folders away': 'mv PROJECT/.git/hooks PROJECT/.git/old',
  'moving what is around them away': 'mv PROJECT/.git PROJECT/old',
  'putting another in their place':
    'cp -r PROJECT/.git PROJECT/new && mv -T PROJECT/new PROJECT/.git',
  'the system': 'touch /usr/bin/x',
  accounts: 'cat /etc/shadow',
  'a program that the kernel runs': 'echo "|/bin/sh" > /proc/sys/kernel/core_pattern',
  'a switch of the kernel': 'cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness',
  'a mount': 'mount -t tmpfs none /mnt',
  'a mount made again': 'mount -o remount,rw,bind NOTES',
  'another user namespace': 'unshare -U true',
  'another mount namespace': 'unshare -m true',
  'the namespace of the first process': 'nsenter -t 1 -n true',
  'a device': 'mknod PROJECT/disk b 8 0',
  'a device of the machine': 'test -b /dev/sda || test -b /dev/vda || false',
  tracing: 'strace -p 1',
  'a process outside': 'kill -0 OUTSIDE',
  'more rights': 'chroot / true',
  'the terminal': 'echo x > /dev/tty',
};

for (const [name, attempt] of Object.entries(ESCAPES)) {
  test(`no way out: ${name}`, { skip }, async () => {
    const script = attempt
      .replaceAll('NODE', node)
      .replaceAll('PROJECT', project)
      .replaceAll('NOTES', notes)
      .replaceAll('OUTSIDE', String(process.pid));
    const { said, how } = await shell(script);
    assert.notEqual(how, 'exit 0', said);
    assert.doesNotMatch(said, /the-seal-key/);
    assert.equal(readFileSync(join(notes, 'note'), 'utf8'), 'to be read');
  });
}

test('without hosts nothing is reached, by address, name or socket', { skip }, async (t) => {
  const server = createHttpServer((_, response) => response.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const path = join(notes, 'socket');
  const abstract = createServer((socket) => socket.end('reached'));
  await new Promise<void>((resolve) => abstract.listen(`\0ioi-test-${process.pid}`, resolve));
  t.after(() => abstract.close());
  const { said } = await shell(
    [
      `curl -s -m 2 http://127.0.0.1:${port}/`,
      'curl -s -m 2 https://example.org/',
      `curl -s -m 2 --abstract-unix-socket ioi-test-${process.pid} http://a/`,
      `curl -s -m 2 --unix-socket ${path} http://a/`,
      'curl -s -m 2 --unix-socket /run/docker.sock http://a/',
    ].join('; '),
  );
  assert.doesNotMatch(said, /reached/);
});

test('with hosts only they are reached, over what programs take for a proxy', {
  skip,
}, async (t) => {
  const server = createHttpServer(({ url }, response) => response.end(`reached ${url}\n`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const named = { ...manifest, hosts: [`127.0.0.1:${port}`, 'localhost.example'] };
  const curl = "curl -s -m 5 --noproxy ''";
  const { said, how } = await shell(
    [
      `${curl} http://127.0.0.1:${port}/plain`,
      `${curl} -p http://127.0.0.1:${port}/tunnel`,
      `${curl} http://127.0.0.1:${port + 1}/`,
      `${curl} http://localhost:${port}/other-name`,
      `${curl} -m 2 --noproxy '*' http://127.0.0.1:${port}/straight`,
      'exit 0',
    ].join('; '),
    { manifest: named },
  );
  assert.equal(how, 'exit 0', said);
  assert.deepEqual(said.match(/reached .*/g), ['reached /plain', 'reached /tunnel']);
  assert.match(said, /not among the hosts of the manifest/);
});

test('a program is found where it lies, with what is installed beside it', { skip }, async () => {
  mkdirSync(join(code, 'node_modules', 'dep'), { recursive: true });
  writeFileSync(join(code, 'package.json'), '{"type":"module"}');
  writeFileSync(join(code, 'node_modules', 'dep', 'index.js'), 'export const word = "found";');
  writeFileSync(join(code, 'run.js'), 'import { word } from "dep"; console.log(word);');
  const { said } = await run(process.execPath, [join(code, 'run.js')]);
  assert.match(said, /^found$/m);
});

test('a manifest shows neither the node nor what is not there', { skip }, async () => {
  const around = { ...manifest, paths: { read: [], write: [folder] } };
  const { said } = await shell(`ls -A ${node}; cat ${node}/secret`, { manifest: around });
  assert.doesNotMatch(said, /the-seal-key|^secret$/m);
  const absent = { ...manifest, paths: { read: [join(folder, 'absent')], write: [] } };
  const { how } = await shell('true', { manifest: absent });
  assert.match(how, /^no sandbox: .*absent is in the manifest and is not there$/);
  for (const place of ['/', '/proc', '/sys/kernel', '/dev']) {
    const machine = { ...manifest, paths: { read: [place], write: [] } };
    assert.match((await shell('true', { manifest: machine })).how, /is the machine itself/);
  }
  const server = createServer().listen(join(folder, 'docker.sock'));
  await once(server, 'listening');
  const spoken = { ...manifest, paths: { read: [join(folder, 'docker.sock')], write: [] } };
  assert.match((await shell('true', { manifest: spoken })).how, /docker\.sock is a socket/);
  server.close();
  const own = await run(join(node, 'secret'), []);
  assert.match(own.how, /^no sandbox: the program lies in .*, which is not shown$/);
});

test('where there is no sandbox nothing is started', async () => {
  const marker = join(folder, 'started');
  const refusal = { cause: 'bubblewrap is not installed', fix: 'install it' };
  const sandbox = new Sandbox({ hidden: [], probe: () => ({ ok: false, refusal }) });
  const launched = sandbox.launch('/usr/bin/touch', [marker], { env: {}, manifest });
  assert.equal(await launched.exited, 'no sandbox: bubblewrap is not installed; install it');
  assert.throws(() => readFileSync(marker));
  const missing = probeSandbox(join(folder, 'no-such-program'));
  assert.ok(!missing.ok && /not installed/.test(missing.refusal.cause));
});

test('what it started ends with it', { skip }, async () => {
  const sandbox = new Sandbox({ hidden: [node] });
  const env = { PATH: '/usr/bin:/bin' };
  const script = `(while true; do date +%s%N > ${project}/beat; sleep 0.05; done) & sleep 60`;
  const launched = sandbox.launch('/bin/sh', ['-c', script], { env, manifest });
  const beat = join(project, 'beat');
  await until('it beats', () => existsSync(beat));
  launched.kill('SIGKILL');
  await launched.exited;
  await until('it beats no more', async () => {
    const last = readFileSync(beat, 'utf8');
    await sleep(500);
    return readFileSync(beat, 'utf8') === last;
  });
});

test('one that takes more than it may have is ended with all it started', { skip }, async () => {
  const limits = { memory: 2 ** 31, processes: 30, openFiles: 256 };
  const sandbox = new Sandbox({ hidden: [node], limits });
  const env = { PATH: '/usr/bin:/bin' };
  const script = `ulimit -n > ${project}/files; for n in $(seq 40); do sleep 300 & done; wait`;
  const launched = sandbox.launch('/bin/sh', ['-c', script], { env, manifest });
  const how = await launched.exited;
  // Of whoever is not root the kernel may say no first, and then it has fewer.
  assert.match(how, /^it had \d+ processes, and 30 are allowed$|^exit 2$/);
  if (existsSync('/usr/bin/prlimit')) {
    assert.equal(readFileSync(join(project, 'files'), 'utf8').trim(), '256');
  }
});

test('one that is not started leaves nothing open, nor behind', { skip }, async (t) => {
  assert.ok(probed.ok);
  const before = process.env['TMPDIR'];
  const own = mkdtempSync(join(folder, 'tmp-'));
  process.env['TMPDIR'] = own;
  t.after(() => {
    delete process.env['TMPDIR'];
    if (before !== undefined) process.env['TMPDIR'] = before;
  });
  const paths = { read: [], write: [project] };
  const run = {
    ...{ command: '/bin/true', args: [], cwd: project, env: {}, hidden: [node], homeFrom: notes },
    ...{ manifest: { paths, placeholders: {} }, sockets: [], isCopied: false },
    limits: { memory: 2 ** 31, processes: 30, openFiles: 256 },
    onExcess: () => {},
    onCommits: () => {},
    beforeStart: () => {
      assert.ok(readdirSync(own).length > 0);
      throw new Error('nothing can be kept');
    },
  };
  await assert.rejects(runSandboxed(run, probed.means), /nothing can be kept/);
  assert.deepEqual(readdirSync(own), []);
});
