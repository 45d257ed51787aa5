import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { LogEntry, RecordCommits, RunSummary } from '@ioi/protocol';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';
import { WebServer } from '../testing/web-server.ts';

const node = new TestNode();
let server: WebServer | undefined;
let missing: string | undefined;
const WHO = '-c user.name=Ada -c user.email=ada@example.org';
const COMMIT = `git ${WHO} commit -q --allow-empty`;

const policy = {
  policy_id: 'git',
  defaults: 'deny_all',
  rules: [
    ...['net::fetch', 'net::git::push', 'net::http::post'].map((target) => ({
      rule_id: target.replaceAll('::', '_'),
      target,
      conditions: { allow_domains: ['127.0.0.2'] },
      action: 'ALLOW',
    })),
    {
      rule_id: 'receipted_alone',
      target: 'net::git::push',
      conditions: { allow_commands: ['git push --unreceipted **'] },
      action: 'BLOCK',
    },
  ],
};

before(async () => {
  server = await WebServer.start(node.folder);
  assert.equal((await node.init()).code, 0);
  const trusted = { NODE_EXTRA_CA_CERTS: server?.certificateFile ?? '' };
  const up = await node.ioiWith(trusted, 'up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) missing = 'no sandbox on this machine: ioi mcp sandbox';
  if (!existsSync('/usr/bin/git')) missing = 'git is not here';
  const far = join(node.folder, 'far.git');
  const make = [
    `git init -q -b main . && ${COMMIT} -m before`,
    `git init -q --bare ${far} && git -C ${far} config http.receivepack true`,
  ];
  const made = spawnSync('sh', ['-c', make.join(' && ')], { cwd: node.workspace });
  assert.equal(made.status, 0, String(made.stderr));
});

after(async () => {
  server?.close();
  await node.close();
});

async function inside(t: TestContext, script: string, ...options: readonly string[]) {
  if (missing !== undefined) {
    t.skip(missing);
    return undefined;
  }
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' };
  const where = server === undefined ? [] : ['--host', server.host];
  const words = `URL=https://${server?.host}; ${script}`;
  const args = ['run', '--json', '--write', '.git', ...where, ...options, '--', 'sh', '-c', words];
  const ran = await runIoi(args, { env, cwd: node.workspace });
  const line = ran.stderr.split('\n').find((each) => each.startsWith('{"run":'));
  assert.ok(line, ran.stderr);
  return { ...ran, run: (JSON.parse(line) as { run: RunSummary }).run };
}

const outside = (...args: readonly string[]): string =>
  String(spawnSync('git', ['-C', node.workspace, ...args]).stdout).trim();

/** What the log says of a commit. */
async function recordOf(commit: string): Promise<RecordCommits | undefined> {
  const shown = await node.ioi('show', commit, '--json');
  if (shown.code !== 0) return undefined;
  const { entries } = JSON.parse(shown.stdout) as { entries: LogEntry[] };
  return entries[0]?.payload as RecordCommits | undefined;
}

async function foundOf(commit: string): Promise<string | undefined> {
  return (await recordOf(commit))?.commits.find((each) => each.commit === commit)?.found;
}

test('a commit is in the log with its tree, author and ref, told by a hook', async (t) => {
  const before = outside('rev-parse', 'HEAD');
  const ran = await inside(t, `${COMMIT} -m one`);
  if (ran === undefined) return;
  assert.equal(ran.code, 0, ran.stderr);
  const made = outside('rev-parse', 'HEAD');
  const record = await recordOf(made);
  assert.deepEqual(record?.refs, [{ ref: 'refs/heads/main', old: before, new: made }]);
  assert.deepEqual(record?.commits, [
    {
      commit: made,
      tree: outside('rev-parse', 'HEAD^{tree}'),
      parents: [before],
      ref: 'refs/heads/main',
      author: 'Ada <ada@example.org>',
      is_signed: false,
      found: 'hook',
    },
  ]);
  assert.deepEqual([record?.repository, record?.run_id], ['.git', ran.run.run_id]);
  const { recorded, by_comparison, more } = ran.run.commits ?? {};
  assert.deepEqual([recorded, by_comparison, more], [1, 0, 0]);
});

const BARE = 'env -i PATH=$PATH';
const TREE_COMMIT = `git ${WHO} commit-tree -m x $(git rev-parse HEAD:)`;
const EMPTY = 'commit -q --allow-empty -m x';

const WAYS: Readonly<Record<string, string>> = {
  'hooks that are named otherwise': `git ${WHO} -c core.hooksPath=/dev/null ${EMPTY}`,
  'a bare environment': `${BARE} git ${WHO} ${EMPTY}`,
  'a commit that no branch names': `${TREE_COMMIT} > made`,
  'a ref that is written by hand': `${BARE} ${TREE_COMMIT} > .git/refs/heads/by-hand`,
  'a repository of its own': `${BARE} git init -q a/own && cd a/own && ${BARE} ${COMMIT} -m x`,
  'one in its home': `${BARE} git init -q ~/own && cd ~/own && ${BARE} ${COMMIT} -m x`,
  'objects without git': `python3 -c "
import hashlib, os, subprocess, zlib
tree = subprocess.check_output(['git', 'rev-parse', 'HEAD:']).decode().strip()
who = 'Ada <ada@example.org> 1 +0000'
body = f'tree {tree}\\nauthor {who}\\ncommitter {who}\\n\\nx'.encode()
whole = b'commit %d\\0' % len(body) + body
name = hashlib.sha1(whole).hexdigest()
os.makedirs(f'.git/objects/{name[:2]}', exist_ok=True)
open(f'.git/objects/{name[:2]}/{name[2:]}', 'wb').write(zlib.compress(whole))
"`,
};

for (const [way, script] of Object.entries(WAYS)) {
  test(`a commit by ${way} is in the log all the same`, async (t) => {
    if (script.startsWith('python3') && !existsSync('/usr/bin/python3')) return t.skip('python3');
    const ran = await inside(t, script);
    if (ran === undefined) return;
    assert.equal(ran.code, 0, ran.stderr);
    const { recorded, by_comparison } = ran.run.commits ?? {};
    assert.deepEqual([recorded, by_comparison], [1, 1], ran.stderr);
  });
}

test("the project's own hooks run inside, wherever it keeps them", async (t) => {
  const hook = (folder: string, name: string, text: string): void => {
    mkdirSync(join(node.workspace, folder), { recursive: true });
    const path = join(node.workspace, folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  };
  hook('.git/hooks', 'pre-commit', 'echo own ran; test ! -e /run/ioi-git/hooks/none && ls /run');
  hook('.husky', 'pre-commit', 'echo husky says no; exit 1');
  const own = await inside(t, `${COMMIT} -m two 2>&1`);
  if (own === undefined) return;
  assert.match(own.stdout, /own ran\n[\s\S]*ioi-git/);
  outside('config', 'core.hooksPath', '.husky');
  const held = await inside(t, `${COMMIT} -m three 2>&1`);
  assert.match(held?.stdout ?? '', /husky says no/);
  assert.equal(held?.code, 1);
  assert.equal(held?.run.commits, undefined);
  outside('config', '--unset', 'core.hooksPath');
  const write = await inside(t, 'echo x > /run/ioi-git/hooks/pre-commit');
  assert.match(write?.stderr ?? '', /Read-only|Permission denied/);
});

test('what a program says of a commit that is none is believed by nobody', async (t) => {
  const none = 'ab'.repeat(20);
  const noise = 'head -c 300000 /dev/urandom > /run/ioi-git/told';
  const script = `echo ${none} > /run/ioi-git/told; ${noise}`;
  const ran = await inside(t, script);
  if (ran === undefined) return;
  assert.equal(ran.run.commits, undefined);
  assert.equal(await recordOf(none), undefined);
});

test('a push names the receipts of its commits, and a rule refuses one without', async (t) => {
  if (server === undefined) return t.skip('nobody makes certificates on this machine');
  // Made a moment before, and no hook told of it: the push itself has it looked for.
  const work = `env -i PATH=$PATH ${COMMIT} -m four; git push -q $URL/far.git HEAD:refs/heads/main`;
  const early = await inside(t, work);
  if (early === undefined) return;
  // The commit that a person made before any run came along.
  assert.match(early.stderr, /403/);
  const all = await inside(
    t,
    `git checkout -q --orphan fresh && ${COMMIT} -m five && ` +
      'git push $URL/far.git HEAD:refs/heads/fresh',
  );
  if (all === undefined) return;
  assert.equal(all.code, 0, all.stderr);
  const made = outside('rev-parse', 'refs/heads/fresh');
  assert.equal(await foundOf(made), 'hook');
  const log = await node.ioi('log', '-n', '50', '--json');
  const pushes = log.stdout.split('\n').flatMap((line) => {
    const request = line === '' ? undefined : JSON.parse(line).payload.request;
    return request?.target === 'net::git::push' ? [request.params] : [];
  });
  const [held, done] = pushes;
  assert.match(held.command, /--unreceipted/);
  assert.equal(held.commits.unreceipted, 1);
  assert.doesNotMatch(done.command, /--unreceipted/);
  const { entry, commits } = done.commits.receipts[0];
  assert.equal(commits, 1);
  const said = await node.ioi('show', made, '--json');
  assert.equal(JSON.parse(said.stdout).entries[0].seq, entry);
  const exported = join(node.folder, 'export.jsonl');
  assert.equal((await node.ioi('export', '--out', exported)).code, 0);
  assert.match((await node.ioi('verify', exported)).stdout, /PASS/);
  assert.match(readFileSync(exported, 'utf8'), /commits\/record/);
});
