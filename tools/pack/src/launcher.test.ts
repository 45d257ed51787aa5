// The launcher of bin/, started in made-up trees under a Node that pretends to be an older one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fakeNode, PLATFORM_PACKAGE, PRETEND, plantTree, TELL } from './testing/fake-tree.ts';
import { temporaryFolder, writeTexts } from './testing/temporary.ts';

const LIB = { 'lib/apps/cli/src/main.js': TELL };
const HOSTILE = ['', ' ', '--version', '-e', 'a b', '"', "'", '$HOME', '`id`', 'é😀', 'a\nb', '*'];

type Start = Parameters<typeof plantTree>[1] & { readonly pretend?: readonly string[] };

function plant(context: TestContext, start: Start): { folder: string; command: string[] } {
  const folder = temporaryFolder(context);
  const launcher = plantTree(folder, start);
  writeTexts(folder, { 'pretend.cjs': (start.pretend ?? []).join('\n') });
  return { folder, command: ['--require', join(folder, 'pretend.cjs'), launcher] };
}

function launch(context: TestContext, start: Start, args: readonly string[] = []) {
  const { folder, command } = plant(context, start);
  const env = { ODD: 'a=b\nc', EMPTY: '' };
  const options = { encoding: 'utf8', env } as const;
  const { pid, stdout, stderr, status } = spawnSync(
    process.execPath,
    [...command, ...args],
    options,
  );
  return { folder, env, pid, stdout, stderr, status };
}

const SPAWNS = [PRETEND.oldNode, PRETEND.withoutExecve];

test('an older Node starts the pinned one with arguments and environment untouched', (context) => {
  for (const pretend of [SPAWNS, [PRETEND.oldNode]]) {
    const start = { pinned: fakeNode(TELL), texts: LIB, pretend };
    const { folder, env, pid, stdout, stderr, status } = launch(context, start, HOSTILE);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const told = JSON.parse(stdout);
    assert.deepEqual(told.argv, [join(folder, 'lib/apps/cli/src/main.js'), ...HOSTILE]);
    assert.equal(told.entry, join(folder, 'node_modules', PLATFORM_PACKAGE, 'bin/node'));
    assert.deepEqual(told.env, env);
    assert.equal(told.pid === pid, pretend !== SPAWNS, 'execve leaves no second process');
  }
});

test('a Node that is new enough runs the program itself', (context) => {
  const { folder, pid, stdout, status } = launch(context, { texts: LIB }, HOSTILE);
  const told = JSON.parse(stdout);
  assert.equal(status, 0);
  assert.deepEqual(told.argv, HOSTILE);
  assert.equal(told.entry, join(folder, 'bin/ioi.cjs'));
  assert.equal(told.pid, pid);
});

test('a checkout runs its sources, also beside an older lib', (context) => {
  const source = 'const told: string = "source";\nconsole.log(told);';
  const texts = { ...LIB, 'apps/cli/src/main.ts': source };
  assert.equal(launch(context, { texts }).stdout, 'source\n');
});

test('standard input reaches the program and exit codes come back', (context) => {
  const script = "process.stdin.on('data', (data) => process.exit(Number(String(data))));";
  const { command } = plant(context, { pinned: fakeNode(script), texts: LIB, pretend: SPAWNS });
  for (const code of [0, 1, 12, 255]) {
    const options = { input: String(code), env: {} };
    assert.equal(spawnSync(process.execPath, command, options).status, code);
  }
});

test('signals reach the program, and its answer comes back', async (context) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const script = `
      setInterval(() => {}, 1000);
      process.on('${signal}', () => process.exit(42));
      console.log('ready');`;
    const { command } = plant(context, { pinned: fakeNode(script), texts: LIB, pretend: SPAWNS });
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill(signal);
    assert.deepEqual(await once(child, 'exit'), [42, null], signal);
  }
});

test('a program that dies of a signal takes the launcher with it by the same one', (context) => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const script = `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`;
    const { command } = plant(context, { pinned: fakeNode(script), texts: LIB, pretend: SPAWNS });
    assert.equal(spawnSync(process.execPath, command).signal, signal);
  }
});

function refusal(context: TestContext, start: Omit<Start, 'texts'>): string {
  const { stdout, stderr, status } = launch(context, { texts: LIB, ...start });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  return stderr;
}

test('an absent platform package is named with the command that brings it', (context) => {
  const said = refusal(context, { pretend: [PRETEND.oldNode] });
  assert.match(said, new RegExp(`^ioi: the package ${PLATFORM_PACKAGE},.* is not installed`));
  assert.match(said, /npm install --include=optional/);
});

test('a platform without a pinned Node is told what is supported', (context) => {
  const said = refusal(context, { pretend: [PRETEND.oldNode, PRETEND.otherPlatform] });
  assert.match(said, /^ioi: there is no pinned Node 26 for sunos-/);
  assert.match(said, /linux-x64, linux-arm64, darwin-arm64, darwin-x64/);
});

test('musl is named when the pinned Node finds no loader', (context) => {
  const pinned = '#!/no/such/loader\n';
  const said = refusal(context, { pinned, pretend: [...SPAWNS, PRETEND.musl] });
  assert.match(said, /^ioi: this system uses musl libc; the pinned Node 26 needs glibc/);
  assert.match(said, /apk add nodejs-current/);
});

test('a pinned Node that does not start for another reason is named by its path', (context) => {
  const said = refusal(context, { pinned: '#!/no/such/loader\n', pretend: SPAWNS });
  assert.match(said, /^ioi: the pinned Node did not start \(ENOENT\): .*\/bin\/node\n/);
  const denied = refusal(context, { pinned: '', mode: 0o644, pretend: SPAWNS });
  assert.match(denied, /^ioi: the pinned Node cannot be executed \(EACCES\): .*\/bin\/node\n/);
});

function loaderError(library: string): string {
  return `#!/bin/sh
    echo "$0: error while loading shared libraries: ${library}: cannot open shared object" >&2
    exit 127`;
}

test('a missing libatomic is named with the command for each distribution', (context) => {
  const said = refusal(context, { pinned: loaderError('libatomic.so.1'), pretend: SPAWNS });
  assert.match(said, /^ioi: the pinned Node needs libatomic\.so\.1, which this system lacks/m);
  assert.match(said, /apt-get install libatomic1/);
  assert.match(said, /dnf install libatomic\n/);
});

test('another missing library is named as itself', (context) => {
  const said = refusal(context, { pinned: loaderError('libstdc++.so.6'), pretend: SPAWNS });
  assert.match(said, /^ioi: the pinned Node needs libstdc\+\+\.so\.6, which/m);
  assert.doesNotMatch(said, /libatomic/);
});

test("the program's own exit code 127 is not taken for a missing library", (context) => {
  const pinned = fakeNode("process.exit(process.argv[2] === '--version' ? 0 : 127);");
  const { stderr, status } = launch(context, { pinned, texts: LIB, pretend: SPAWNS });
  assert.deepEqual([stderr, status], ['', 127]);
});

test('an installation without a program says so', (context) => {
  const { stderr, status } = launch(context, { texts: {} });
  assert.match(stderr, /^ioi: this installation has no program in it: .*main\.js is missing/);
  assert.equal(status, 1);
});
