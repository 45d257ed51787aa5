import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
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
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
import { Sandbox } from './launch-sandboxed.ts';
import { probeSandbox } from './probe.ts';

const root = mkdtempSync(join(tmpdir(), 'ioi-walls-test-'));
after(() => rmSync(root, { recursive: true, force: true }));

const probed = probeSandbox();
const skip = probed.ok ? false : `${probed.refusal.cause}: ${probed.refusal.fix}`;

type About = {
  readonly write: readonly string[];
  readonly hidden?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

async function shell(script: string, { write, hidden = [], env = {} }: About): Promise<string> {
  const launched = new Sandbox({ hidden }).launch('/bin/sh', ['-c', script], {
    env: { PATH: '/usr/bin:/bin', ...env },
    manifest: { paths: { read: [], write }, hosts: [], placeholders: {} },
  });
  const said = Promise.all([text(launched.stdout), text(launched.stderr)]);
  launched.stdin.end();
  const how = await launched.exited;
  return [...(await said), how].join('\n');
}

function folderAt(...names: readonly string[]): string {
  const path = join(root, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

const SELF = fileURLToPath(import.meta.url);
const LOOK = 'ls /proc/self/fd/; cat /proc/self/fd/251/secret';

if (process.env['IOI_WALLS_PART'] === 'look') {
  console.log(`looked: ${await shell(LOOK, { write: [] })}`);
  process.exit(0);
}

/** As whoever starts a node with a descriptor left open: this file again, behind a shell. */
test('a descriptor that whoever started the node left open leads nowhere', { skip }, () => {
  const folder = folderAt('left-open');
  writeFileSync(join(folder, 'secret'), 'the-seal-key');
  const open = `exec 251<"$1"; exec "$2" "$3"`;
  const env = { ...process.env, IOI_WALLS_PART: 'look', NODE_TEST_CONTEXT: '' };
  const { stdout } = spawnSync('bash', ['-c', open, 'bash', folder, process.execPath, SELF], {
    encoding: 'utf8',
    env,
  });
  assert.match(stdout, /^looked: /m);
  assert.doesNotMatch(stdout, /the-seal-key/);
});

function commandLines(): string[] {
  const lists = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return lists.map((each) => {
    try {
      return readFileSync(`/proc/${each}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  });
}

test('no list of processes shows the variables of a program', { skip }, async () => {
  const folder = folderAt('listed');
  const seen = join(folder, 'seen');
  const script = `until test -e ${seen}; do sleep 0.1; done`;
  const running = shell(script, { write: [folder], env: { TOKEN: 'told-to-it-alone' } });
  const isListed = (line: string) => line.startsWith('bwrap\0') && line.includes(script);
  const lines = await until('it runs', () => {
    const now = commandLines();
    return now.some(isListed) && now;
  });
  writeFileSync(seen, '');
  assert.deepEqual(
    lines.filter((line) => line.includes('told-to-it-alone')),
    [],
  );
  await running;
});

test('what is hidden cannot be moved to where it would be shown', { skip }, async () => {
  const around = folderAt('around');
  const inner = folderAt('around', 'kept', 'node');
  writeFileSync(join(inner, 'secret'), 'the-seal-key');
  const said = await shell(`mv ${around}/kept ${around}/moved`, {
    write: [around],
    hidden: [inner],
  });
  assert.match(said, /exit [1-9]/);
  assert.ok(existsSync(join(inner, 'secret')));
});

test('what is hidden is hidden where a link to it leads', { skip }, async () => {
  const real = folderAt('real');
  const inner = folderAt('real', 'node');
  writeFileSync(join(inner, 'secret'), 'the-seal-key');
  writeFileSync(join(real, 'shared.env'), 'KEY=the-seal-key');
  const links = [join(root, 'to-node'), join(real, '.env'), join(real, 'nowhere')];
  const targets = [inner, 'shared.env', 'absent'];
  for (const [at, link] of links.entries()) symlinkSync(targets[at] ?? '', link);
  const said = await shell(`cat ${inner}/secret ${real}/.env ${real}/shared.env; true`, {
    write: [real],
    hidden: links,
  });
  assert.match(said, /exit 0/);
  assert.doesNotMatch(said, /the-seal-key/);
});

/** What git does outside, in a folder that a program wrote to. */
function gitOutside(folder: string): void {
  spawnSync('git', ['-C', folder, 'status'], { env: { PATH: process.env['PATH'] ?? '' } });
}

const EVIL = `[core]
\\trepositoryformatversion = 0
\\tfsmonitor = touch ROOT/ran-outside; false
`;
const commit = 'git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m x';

/** Each makes git run a program the next time it is asked for its status. */
const LATER: Readonly<Record<string, string>> = {
  'another folder with its configuration':
    'mkdir evil && cp -r .git/objects .git/refs evil/ && printf "$EVIL" > evil/config && ' +
    'echo ../evil > .git/commondir',
  'a repository inside, named by the index':
    `git init -q sub && (cd sub && ${commit}) && printf "$EVIL" > sub/.git/config && ` +
    'git update-index --add --cacheinfo 160000,$(git -C sub rev-parse HEAD),sub',
  'configuration of a worktree':
    'git config extensions.worktreeConfig true; printf "$EVIL" > .git/config.worktree',
};

for (const [name, script] of Object.entries(LATER)) {
  test(`git outside runs nothing of a program: ${name}`, { skip }, async () => {
    const folder = folderAt('repositories', name.replaceAll(' ', '-'));
    execFileSync('sh', ['-c', `git init -q && ${commit}`], { cwd: folder });
    await shell(`export HOME=/tmp; ${script}`, {
      write: [folder],
      env: { EVIL: EVIL.replaceAll('ROOT', root) },
    });
    gitOutside(folder);
    assert.ok(!existsSync(join(root, 'ran-outside')));
  });
}

test('what is run later is not made where it was missing', { skip }, async () => {
  const folder = folderAt('bare');
  const said = await shell(
    `export HOME=/tmp; git init -q; printf "$EVIL" >> .git/config; echo x > .vscode/tasks.json`,
    { write: [folder], env: { EVIL: EVIL.replaceAll('ROOT', root) } },
  );
  assert.match(said, /Read-only file system/);
  assert.deepEqual(readdirSync(join(folder, '.vscode')), []);
  gitOutside(folder);
  assert.ok(!existsSync(join(root, 'ran-outside')));
});

test('a file or link in the place of what is run later is not replaced', { skip }, async () => {
  const worktree = folderAt('worktree');
  writeFileSync(join(worktree, '.git'), 'gitdir: /elsewhere\n');
  await shell('rm -f .git; echo "gitdir: evil" > .git', { write: [worktree] });
  assert.equal(readFileSync(join(worktree, '.git'), 'utf8'), 'gitdir: /elsewhere\n');
  const linked = folderAt('linked');
  symlinkSync(worktree, join(linked, '.vscode'));
  assert.match(await shell('true', { write: [linked] }), /no sandbox: .*\.vscode is a link/);
});

test('a module of a repository keeps where its configuration lies', { skip }, async () => {
  const folder = folderAt('modules');
  const inside = folderAt('modules', 'deep', 'part');
  writeFileSync(join(folder, '.gitmodules'), '[submodule "a"]\n\tpath = deep/part\n');
  writeFileSync(join(inside, '.git'), 'gitdir: ../../.git/modules/a\n');
  const said = await shell('echo "gitdir: evil" > deep/part/.git; mv deep other', {
    write: [folder],
  });
  assert.match(said, /exit [1-9]/);
  assert.match(readFileSync(join(inside, '.git'), 'utf8'), /modules/);
});

test('folders with the sockets of others, or what an account starts, are refused', {
  skip,
}, async () => {
  assert.match(await shell('true', { write: [tmpdir()] }), /no sandbox: .* holds the sockets/);
  assert.match(await shell('true', { write: [homedir()] }), /no sandbox: .* your account starts/);
});
