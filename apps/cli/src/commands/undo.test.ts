import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import type { RunFiles } from '@ioi/protocol';
import { CommandFault } from '../shell/fault.ts';
import { mergeRun } from '../shell/merge-run.ts';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const NO_SANDBOX = 'no sandbox on this machine: ioi mcp sandbox';
let available = false;

function ioi(...args: readonly string[]): Promise<Ran> {
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' };
  return runIoi(args, { env, cwd: node.workspace });
}

const shell = (script: string, ...options: string[]) =>
  ioi('run', ...options, '--', 'sh', '-c', script);
const at = (name: string): string => join(node.workspace, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

/** What a program did to a copy of the folder. */
async function overlay(script: string): Promise<RunFiles> {
  const ran = await ioi('--json', 'run', '--overlay', '--', 'sh', '-c', script);
  const { run, files } = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '{}');
  assert.ok(files, ran.stderr);
  assert.equal(run.coverage.files, 'mediated');
  return files;
}

/** Why the node does not merge it. */
async function refusalOf(runId: string): Promise<{ code: string; message: string }> {
  try {
    return { code: 'none', message: JSON.stringify(await mergeRun(node.home, runId)) };
  } catch (fault) {
    assert.ok(fault instanceof CommandFault);
    return fault.about;
  }
}

const approve = (hash: string) => ioi('approve', hash, '--passphrase-file', node.passphraseFile);

async function runs(): Promise<readonly RunFiles[]> {
  return JSON.parse((await ioi('runs', '--json')).stdout).runs;
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  ({ available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout));
  writeFileSync(at('package.json'), '{}\n');
  mkdirSync(at('src'));
});

after(() => node.close());

test('what a run changed is said, what is executed later by name, and is put back', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  const script = 'echo new > notes.txt; echo evil > package.json; echo a > src/a; rmdir src/none';
  const { stderr } = await shell(script);
  assert.match(stderr, /files: 1 added, 2 changed in /);
  assert.match(stderr, /executes them later\nioi: {3}! ~ package.json\n/);
  const [run] = await runs();
  assert.deepEqual([run?.kind, run?.state], ['run', 'ended']);
  const shown = await ioi('runs', 'show', String(run?.run_id), '--diff');
  assert.match(
    shown.stdout,
    /--- a\/notes.txt\n\+\+\+ b\/notes.txt\n@@ -1,1 \+1,1 @@\n-old\n\+new\n/,
  );
  const asked = await ioi('undo');
  assert.equal(asked.code, 2, 'nobody is there to ask');
  assert.equal((await ioi('undo', '--dry-run')).code, 0);
  assert.equal(read('notes.txt'), 'new\n');
  const undone = await ioi('undo', '--yes');
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual([read('notes.txt'), read('package.json')], ['old\n', '{}\n']);
  assert.ok(!existsSync(at('src/a')));
  assert.equal((await runs()).find(({ run_id }) => run_id === run?.run_id)?.state, 'undone');
});

test('an undo is taken back, and undone again', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  assert.equal((await ioi('redo', '--yes')).code, 0);
  assert.equal(read('notes.txt'), 'new\n');
  assert.equal((await ioi('undo', '--yes')).code, 0);
  assert.equal(read('notes.txt'), 'old\n');
  const none = await ioi('undo', '--yes', '--json');
  assert.equal(none.code, 2);
  assert.equal(JSON.parse(none.stderr).error.code, 'run.none');
});

test('the log commits to what a run changed, and says no name of it', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  const { stderr } = await ioi('--json', 'run', '--', 'sh', '-c', 'echo > src/a-name-of-mine');
  const { run, files } = JSON.parse(stderr);
  assert.equal(run.coverage.files, 'recorded');
  const { stdout } = await ioi('log', '--json', '--lines', '5');
  assert.match(stdout, /"operation":"runs\/record"/);
  assert.match(stdout, /"counts":\{"added":1,"changed":0,"executed_later":0,"removed":0\}/);
  assert.doesNotMatch(stdout, /a-name-of-mine/);
  const shown = await ioi('runs', 'show', files.run_id);
  assert.match(shown.stdout, new RegExp(`in the log: entry ${files.recorded.seq}`));
  const exported = join(node.folder, 'export.jsonl');
  assert.equal((await ioi('export', '--out', exported)).code, 0);
  const verified = await ioi('verify', exported);
  assert.equal(verified.code, 0, verified.stdout);
  assert.equal((await ioi('undo', '--yes')).code, 0);
});

test('what changed after the run stays, and that is no success', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  await shell('echo theirs > notes.txt; echo b > src/b');
  writeFileSync(at('notes.txt'), 'mine\n');
  const undone = await ioi('undo', '--yes');
  assert.equal(undone.code, 10);
  assert.match(undone.stdout, /1 changed again since, left as they are \(--force\)\n {4}notes.txt/);
  assert.ok(!existsSync(at('src/b')));
  assert.equal(read('notes.txt'), 'mine\n');
});

test('a run whose end nobody saw is put back all the same', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  writeFileSync(at('notes.txt'), 'old\n');
  const running = shell('echo lost > notes.txt; echo > src/begun; sleep 600');
  await until('it has begun', () => existsSync(at('src/begun')));
  const [run] = await runs();
  assert.equal(run?.state, 'running');
  const refused = await ioi('undo', '--yes', String(run?.run_id), '--json');
  assert.equal(JSON.parse(refused.stderr).error.code, 'run.running');
  for (const id of processesNaming('runner/src/main.')) {
    const mine = readFileSync(`/proc/${id}/environ`, 'latin1').includes(node.home.folder);
    if (mine) process.kill(id, 'SIGKILL');
  }
  await running;
  const undone = await ioi('undo', '--yes');
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal(read('notes.txt'), 'old\n');
  assert.ok(!existsSync(at('src/begun')));
});

test('where nothing is to be kept nothing is, and nothing can be put back', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  const count = (await runs()).length;
  assert.doesNotMatch((await shell('echo x > notes.txt', '--no-undo')).stderr, /files:.*added/);
  assert.equal((await runs()).length, count);
});

test('what a run did to a copy is one act, merged once approved, and undone', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  writeFileSync(at('notes.txt'), 'old\n');
  writeFileSync(at('src/gone'), 'x\n');
  writeFileSync(at('.env'), 'SECRET=1\n');
  const names = readdirSync(node.workspace);
  const files = await overlay(
    'cat .env; echo new > notes.txt; rm src/gone; mkdir -p a/b; echo x > a/b/run; ' +
      'chmod 755 a/b/run; ln -s b/run a/link; echo "{ }" > package.json; echo late > .env; ls .git',
  );
  assert.equal(files.state, 'waiting');
  assert.deepEqual(readdirSync(node.workspace), names, 'the folder is as it was');
  assert.equal(read('notes.txt'), 'old\n');
  assert.deepEqual(readdirSync(join(node.home.folder, 'kept/overlays')), [], 'the copy is gone');
  const dry = await ioi('runs', 'merge', files.run_id, '--dry-run');
  assert.match(dry.stdout, /! ~ package.json[\s\S]*-old\n\+new\n/);
  const asked = await ioi('runs', 'merge', files.run_id, '--yes', '--json');
  assert.equal(asked.code, 11, asked.stderr);
  const { request_hash, change_set } = JSON.parse(asked.stdout);
  const { request, contract } = await node.waiting();
  assert.deepEqual([request.target, contract.risk_class], ['fs::merge', 'high']);
  assert.equal(request.params['change_set'], change_set);
  assert.deepEqual(request.params['executed_later'], [at('package.json')]);
  const again = await mergeRun(node.home, files.run_id);
  assert.equal(again.request_hash, request_hash, 'nobody is asked twice');
  assert.equal(read('notes.txt'), 'old\n');
  const approved = await approve(request_hash);
  assert.match(approved.stdout, /completed/, approved.stderr);
  assert.deepEqual([read('notes.txt'), read('a/link')], ['new\n', 'x\n']);
  assert.equal(read('.env'), 'SECRET=1\n');
  assert.equal(statSync(at('a/b/run')).mode & 0o777, 0o755);
  assert.ok(!existsSync(at('src/gone')));
  assert.equal((await refusalOf(files.run_id)).code, 'run.nothing_waits');
  const undone = await ioi('undo', files.run_id, '--yes');
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual([read('notes.txt'), read('src/gone')], ['old\n', 'x\n']);
  assert.ok(!existsSync(at('a')));
});

test('what changed in the folder meanwhile is a conflict, also after an approval', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  const files = await overlay('echo theirs > notes.txt; echo > other');
  const { request_hash } = await mergeRun(node.home, files.run_id);
  writeFileSync(at('notes.txt'), 'mine\n');
  const { code, message } = await refusalOf(files.run_id);
  assert.equal(code, 'merge.conflict');
  assert.match(message, /notes.txt: it was sha256:[0-9a-f]{64}.*, and is sha256:[0-9a-f]{64}/);
  await approve(request_hash);
  await until('it is over', async () => (await node.guardian.pending()).length === 0);
  assert.equal(read('notes.txt'), 'mine\n');
  assert.ok(!existsSync(at('other')));
});

test('links that lead out, secrets and what was discarded are not merged', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  const out = await overlay('ln -s /etc/passwd mine');
  const refused = await refusalOf(out.run_id);
  assert.equal(refused.code, 'merge.refused');
  assert.match(refused.message, /mine: a link that leads out/);
  assert.equal((await ioi('runs', 'discard', out.run_id, '--yes')).code, 0);
  assert.equal((await refusalOf(out.run_id)).code, 'run.nothing_waits');
  const secret = await overlay('mkdir deep; echo x > deep/.npmrc');
  const blocked = await refusalOf(secret.run_id);
  assert.match(`${blocked.code} ${blocked.message}`, /^policy\..*never_touch_secrets/);
  assert.ok(!existsSync(at('deep')));
});

test('where it cannot be kept nothing is started', async (t) => {
  if (!available) return t.skip(NO_SANDBOX);
  const kept = join(node.home.folder, 'kept');
  renameSync(kept, `${kept}-aside`);
  writeFileSync(kept, 'no folder');
  const { code, stderr } = await shell('echo > src/started');
  assert.equal(code, 125);
  assert.match(stderr, /cannot be kept: .*; --no-undo starts it all the same/);
  assert.ok(!existsSync(at('src/started')));
});
