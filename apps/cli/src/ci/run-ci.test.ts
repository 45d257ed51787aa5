import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import { newFolder, type Ran, RunningIoi, removeFolder, runIoi } from '../testing/run-ioi.ts';
import { WebServer } from '../testing/web-server.ts';

const home = newFolder();
const folder = join(home, 'work');
/** Where these jobs put their nodes: other tests run jobs too. */
const jobs = join(home, 'jobs');
let server: WebServer | undefined;
/** Known from the first job on. */
let isSandboxed = false;

before(async () => {
  for (const each of [folder, jobs]) mkdirSync(each);
  server = await WebServer.start(home);
  const conditions = { allow_domains: ['127.0.0.2'] };
  const rules = [
    { rule_id: 'read', target: 'net::fetch', action: 'ALLOW', conditions },
    { rule_id: 'ask_put', target: 'net::http::put', action: 'REQUIRE_APPROVAL', conditions },
  ];
  const policy = { policy_id: 'job', defaults: 'deny_all', rules };
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
});

after(() => {
  server?.close();
  removeFolder(home);
});

/** Undefined where the test is skipped. */
async function job(t: TestContext, script: string, ...options: string[]) {
  if (server === undefined) return t.skip('nobody makes certificates here: openssl');
  const given = ['--ci', '--policy', 'policy.json', '--host', server.host, ...options];
  const own = { PATH: '/usr/bin:/bin', HOME: home, TMPDIR: jobs };
  const env = { ...own, NODE_EXTRA_CA_CERTS: server.certificateFile };
  const ran = await runIoi(['run', ...given, '--', 'sh', '-c', script], { env, cwd: folder });
  const isWithout = ran.code === 125 && ran.stderr.includes('no sandbox');
  isSandboxed = !isWithout;
  return isWithout ? t.skip('no sandbox here: ioi mcp sandbox') : ran;
}

const ask = (method: string): string =>
  `curl -s -m 60 -X ${method} -o /dev/null -w '%{http_code}\\n' https://${server?.host}/x`;

test('a job leaves its reports and a log that verifies, and no node', async (t) => {
  const before = nodesLeft();
  const near = "curl -s -m 60 -o /dev/null -w '%{http_code}\\n' http://169.254.169.254/";
  const done = await job(t, `${ask('GET')}; ${ask('POST')}; ${near}; exit 7`);
  if (done === undefined) return;
  assert.equal(done.code, 7, done.stderr);
  assert.deepEqual(done.stdout.trim().split('\n'), ['200', '403', '403']);
  assert.match(done.stderr, /3 acts: 1 allowed, 1 blocked, 1 refused/);
  const out = join(folder, 'ioi-ci');
  const junit = readFileSync(join(out, 'junit.xml'), 'utf8');
  assert.match(junit, /tests="3" failures="2"/);
  const [{ results }] = JSON.parse(readFileSync(join(out, 'results.sarif'), 'utf8')).runs;
  assert.equal(results.length, 2);
  const verified = await runIoi(['verify', join(out, 'log.jsonl')], { cwd: folder });
  assert.equal(verified.code, 0, verified.stderr);
  assert.deepEqual(nodesLeft(), before);
});

test('what needs an approval is denied at once, and the job says so', async (t) => {
  const done = await job(t, ask('PUT'), '--out', 'second');
  if (done === undefined) return;
  assert.equal(done.code, 11, done.stderr);
  assert.equal(done.stdout.trim(), '403');
  const { requests } = JSON.parse(readFileSync(join(folder, 'second', 'requests.json'), 'utf8'));
  assert.deepEqual([requests.length, requests[0].rule_id], [1, 'ask_put']);
  assert.match(requests[0].request.params.url, /\/x$/);
});

test('what was approved beforehand is done once, on that commit, and nothing else', async (t) => {
  const asked = join(folder, 'second', 'requests.json');
  if (!existsSync(asked)) return t.skip('no sandbox here: ioi mcp sandbox');
  const git = (...args: string[]) => {
    const by = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
    return execFileSync('git', [...by, ...args], { cwd: folder, encoding: 'utf8' }).trim();
  };
  git('init', '--quiet');
  git('add', 'policy.json');
  git('commit', '--quiet', '-m', 'one');
  const [keyFile, passphrase] = [join(home, 'approver.key'), join(home, 'passphrase')];
  writeFileSync(passphrase, 'correct horse battery\n');
  const ioi = (...args: string[]) => {
    return runIoi([...args, '--passphrase-file', passphrase, '--json'], { cwd: folder });
  };
  const made = JSON.parse((await ioi('domain', 'key', 'new', keyFile)).stdout);
  const out = join(home, 'approval.json');
  const about = ['--commit', git('rev-parse', 'HEAD'), '--key', keyFile, '--out', out];
  const approved = await ioi('ci', 'approve', asked, ...about);
  assert.equal(approved.code, 0, approved.stderr);
  const given = ['--approver', made.key_id, '--used', join(home, 'used'), '--pre-approval'];
  const other = ask('PUT').replace(/x$/, 'other');
  const done = await job(
    t,
    `${ask('PUT')}; ${ask('PUT')}; ${other}`,
    '--out',
    'with',
    ...given,
    out,
  );
  assert.ok(done);
  assert.deepEqual(done.stdout.trim().split('\n'), ['200', '403', '403'], done.stderr);
  assert.equal(done.code, 11, done.stderr);
  const told = JSON.parse(readFileSync(join(folder, 'with', 'requests.json'), 'utf8'));
  assert.equal(told.pre_approved[0].key_id, made.key_id);
  const junit = readFileSync(join(folder, 'with', 'junit.xml'), 'utf8');
  assert.match(junit, /tests="3" failures="2"/);
  assert.deepEqual(
    told.requests.map(({ refused }: { refused?: string }) => refused),
    ['pre_approval.used', undefined],
  );
  const again = await job(t, ask('PUT'), '--out', 'again', ...given, out);
  assert.ok(again);
  assert.equal(again.stdout.trim(), '403');
  assert.match(again.stderr, /ioi: pre_approval\.used/);
  await several(t, { ioi, asked, about, first: [made.key_id, out] });
  const approval = JSON.parse(readFileSync(out, 'utf8'));
  const edited = join(home, 'edited.json');
  approval.pre_approval.until = '9999999999999';
  writeFileSync(edited, JSON.stringify(approval));
  const changed = await job(t, 'touch started', ...given, edited);
  assert.ok(changed);
  assert.equal(changed.code, 3, changed.stderr);
  assert.match(changed.stderr, /not what the approver signed/);
  git('commit', '--quiet', '--allow-empty', '-m', 'two');
  const moved = await job(t, 'touch started', ...given, out);
  assert.ok(moved);
  assert.equal(moved.code, 3, moved.stderr);
  assert.match(moved.stderr, /it is for commit/);
  assert.ok(!existsSync(join(folder, 'started')));
});

type Several = {
  readonly ioi: (...args: string[]) => Promise<Ran>;
  readonly asked: string;
  readonly about: readonly string[];
  readonly first: readonly [keyId: string, approval: string];
};

/** Two of three have to approve: one alone starts nothing, and one twice is one. */
async function several(t: TestContext, { ioi, asked, about, first }: Several): Promise<void> {
  const keyFile = join(home, 'second.key');
  const made = JSON.parse((await ioi('domain', 'key', 'new', keyFile)).stdout);
  const out = join(home, 'second.json');
  const own = about.map((each, at) => {
    return { '--key': keyFile, '--out': out }[about[at - 1] ?? ''] ?? each;
  });
  const approved = await ioi('ci', 'approve', asked, ...own);
  assert.equal(approved.code, 0, approved.stderr);
  const keys = ['--approver', first[0], made.key_id, '--approvers-needed', '2'];
  const given = [...keys, '--pre-approval'];
  const alone = await job(t, 'touch started', ...given, first[1], first[1]);
  assert.ok(alone);
  assert.equal(alone.code, 3, alone.stderr);
  assert.match(alone.stderr, /1 of 2 keys that are needed/);
  const more = await job(t, 'touch started', ...keys.slice(0, 3), '--approvers-needed', '3');
  assert.ok(more);
  assert.equal(more.code, 2, more.stderr);
  const both = await job(t, ask('PUT'), '--out', 'both', ...given, first[1], out);
  assert.ok(both);
  assert.equal(both.stdout.trim(), '200', both.stderr);
  const told = JSON.parse(readFileSync(join(folder, 'both', 'requests.json'), 'utf8'));
  const by = told.pre_approved.map(({ key_id }: { key_id: string }) => key_id);
  assert.deepEqual(by, [first[0], made.key_id]);
}

test('what the program leaves in the place of the reports is not followed', async (t) => {
  const own = join(home, 'of-the-person');
  writeFileSync(own, 'as it was');
  const planted = `mkdir third; ln -s ${own} third/junit.xml; mkdir third/log.jsonl`;
  const done = await job(t, `${planted}; ln -s ${own} third/results.sarif`, '--out', 'third');
  if (done === undefined) return;
  assert.equal(done.code, 0, done.stderr);
  assert.equal(readFileSync(own, 'utf8'), 'as it was');
  assert.match(readFileSync(join(folder, 'third', 'junit.xml'), 'utf8'), /tests="0"/);
  const moved = await job(t, `rm -r deep; ln -s ${home} deep`, '--out', 'deep/reports');
  assert.ok(moved);
  assert.equal(moved.code, 10, moved.stderr);
  assert.ok(!existsSync(join(home, 'reports')));
});

test('a job that is told to stop leaves no node', async (t) => {
  if (!isSandboxed) return t.skip('no sandbox here: ioi mcp sandbox');
  const before = nodesLeft();
  const made = (): string => nodesLeft().find((name) => !before.includes(name)) ?? '';
  const wasMade = (): boolean => made() !== '';
  const isUp = (): boolean => existsSync(join(jobs, made(), 'home', 'run', 'pid'));
  for (const [signal, code, isFar] of [
    ['SIGTERM', 143, wasMade],
    ['SIGHUP', 129, isUp],
  ] as const) {
    const args = ['run', '--ci', '--policy', join(folder, 'policy.json'), '--', 'sleep', '641'];
    const env = { PATH: '/usr/bin:/bin', HOME: home, TMPDIR: jobs };
    const running = new RunningIoi(t, args, { env, cwd: folder });
    await until('it is as far as that', isFar);
    const ran = await running.stop(signal);
    assert.equal(ran.code, code, ran.stderr);
    assert.deepEqual(nodesLeft(), before);
    assert.deepEqual(processesNaming(join(jobs, 'ioi-ci-')), []);
  }
});

test('without a policy that can be read nothing is started', async () => {
  const { code, stderr } = await runIoi(['run', '--ci', '--', 'true'], { cwd: folder });
  assert.equal(code, 2);
  assert.match(stderr, /--policy FILE/);
  writeFileSync(join(folder, 'broken.json'), '{"policy_id": 1}');
  const broken = ['run', '--ci', '--policy', 'broken.json', '--', 'touch', 'started'];
  assert.equal((await runIoi(broken, { cwd: folder })).code, 2);
  assert.ok(!existsSync(join(folder, 'started')));
});

function nodesLeft(): readonly string[] {
  return readdirSync(jobs).filter((name) => name.startsWith('ioi-ci-'));
}
