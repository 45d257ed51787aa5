import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import type { WorkerRunStatus } from '@ioi/protocol';
import { RunningIoi, runIoi } from '../testing/run-ioi.ts';
import { sampleWorker } from '../testing/sample-worker.ts';
import { assertChance, assertUnread } from '../testing/sealed-chance.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const folder = sampleWorker(node.folder);
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let how: readonly string[] = [];

const rule = (rule_id: string, target: string, action: string, path: string) => ({
  ...{ rule_id, target, action },
  conditions: { allow_paths: [join(node.workspace, path)] },
});
const policy = {
  policy_id: 'workers',
  defaults: 'deny_all',
  rules: [
    rule('read', 'fs::read', 'ALLOW', ''),
    rule('list', 'fs::list', 'ALLOW', ''),
    rule('write', 'fs::write', 'ALLOW', ''),
    rule('ask', 'fs::write', 'REQUIRE_APPROVAL', 'ask.txt'),
    {
      ...rule('flow', 'fs::write', 'BLOCK', 'flow.txt'),
      conditions: {
        allow_paths: [join(node.workspace, 'flow.txt')],
        block_flows: ['tool:fs::read'],
      },
    },
  ],
};

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  how = available ? [] : ['--unconfined'];
});

after(() => node.close());

function run(task: string, input: object, ...more: readonly string[]) {
  const asked = ['--task', task, '--input', JSON.stringify(input), ...more, ...how];
  return node.ioi('worker', 'run', folder, '--workspace', node.workspace, '--json', ...asked);
}

const inWorkspace = (name: string): string => join(node.workspace, name);

test('a worker does a task by governed steps, and what binds them is told', async () => {
  const ran = await run('write', { path: 'a.txt', content: 'text' });
  assert.equal(ran.code, 0, ran.stderr);
  const status = JSON.parse(ran.stdout) as WorkerRunStatus;
  assert.deepEqual([status.envelope.state, status.completion?.satisfied], ['completed', true]);
  const output = status.output as Record<string, unknown>;
  assert.deepEqual([output['read'], output['refused']], ['text', 'request.invalid']);
  assert.equal(readFileSync(inWorkspace('a.txt'), 'utf8'), 'text');
  assert.equal(status.commitment?.session_id, status.session_id);
  await assertChance(node, output['chance']);
  const { steps } = JSON.parse(
    (await node.ioi('worker', 'show', status.envelope.run_id, '--json')).stdout,
  );
  assert.equal(steps.length, 11);
  await bound();
});

async function shown(runId: string): Promise<WorkerRunStatus> {
  const { code, stdout, stderr } = await node.ioi('worker', 'show', runId, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as WorkerRunStatus;
}

function ended(runId: string): Promise<WorkerRunStatus> {
  return until('the run ends', async () => {
    const status = await shown(runId);
    return status.completion === undefined ? undefined : status;
  });
}

/** A run that waits for a person, and the request that it waits with. */
async function waits(content: string): Promise<readonly [string, string]> {
  const begun = await run('write', { path: 'ask.txt', content }, '--detach');
  assert.equal(begun.code, 0, begun.stderr);
  const { run_id } = (JSON.parse(begun.stdout) as WorkerRunStatus).envelope;
  const [hash = ''] = await until('it waits', async () => {
    const { waiting } = await shown(run_id);
    return waiting.length > 0 && waiting;
  });
  return [run_id, hash];
}

test('runs that wait outlive a kill: nothing is done twice, nor for another', async () => {
  const [held, heldAct] = await waits('asked');
  const [other, otherAct] = await waits('asked');
  assert.equal((await node.ioi('worker', 'pause', held)).code, 0);
  // Written again it would say so.
  writeFileSync(inWorkspace('first.txt'), 'changed since');
  const daemon = processesNaming(node.folder).find((pid) => {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('hosts/daemon/src/main.');
  });
  assert.ok(daemon);
  process.kill(daemon, 'SIGKILL');
  await until('the run goes on', async () => {
    const { code, stdout } = await node.ioi('worker', 'show', other, '--json');
    return code === 0 && JSON.parse(stdout).envelope.state === 'awaiting_approval';
  });
  assert.deepEqual((await shown(other)).waiting, [otherAct]);
  await assertUnread(node, other, 'its seed is told at its end, and by nothing before');
  assert.equal((await shown(held)).envelope.state, 'paused');
  const approve = (hash: string, ...more: readonly string[]) => {
    return node.ioi('approve', hash.replace('sha256:', ''), ...withPassphrase, ...more);
  };
  const approved = await approve(otherAct);
  assert.equal(approved.code, 0, approved.stderr);
  const done = await ended(other);
  assert.equal(done.envelope.state, 'completed', JSON.stringify(done));
  assert.equal(readFileSync(inWorkspace('first.txt'), 'utf8'), 'changed since');
  assert.equal(readFileSync(inWorkspace('ask.txt'), 'utf8'), 'asked');
  // What it remembered was put once, and is there for the next run.
  const { before, flowed } = done.output as Record<string, unknown>;
  assert.deepEqual(before, ['text', 'asked']);
  assert.equal(flowed, 'policy.blocked', 'what it had read before the kill still counts');
  assert.equal((await shown(held)).envelope.state, 'paused', 'it is done for one of them alone');
  assert.equal((await node.ioi('worker', 'resume', held)).code, 0);
  await until('it waits again', async () => (await shown(held)).waiting.length > 0);
  const edited = await approve(heldAct, '--set', 'content=edited');
  assert.equal(edited.code, 0, edited.stderr);
  assert.equal(((await ended(held)).output as { read: string }).read, 'edited');
  await bound();
});

/** What each run ends with binds its acts, edited ones too. */
async function bound(): Promise<void> {
  const out = join(node.folder, `${randomUUID()}.jsonl`);
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const verified = await node.ioi('verify', out);
  assert.equal(verified.code, 0, verified.stderr);
}

test('what a worker remembers comes from wherever it came from', async () => {
  const status = JSON.parse((await run('recall', {})).stdout) as WorkerRunStatus;
  const { first, runs, flowed } = status.output as Record<string, unknown>;
  assert.deepEqual([first, flowed], ['done', 'policy.blocked'], JSON.stringify(runs));
});

test('a worker that loops ends by its budget, one that lies breaks its contract', async () => {
  const looped = await run('loop', {}, '--max-steps', '5');
  assert.equal(looped.code, 5, looped.stderr);
  const status = JSON.parse(looped.stdout) as WorkerRunStatus;
  assert.equal(status.code, 'run.too_many_steps');
  assert.equal(status.completion?.error_class, 'ExecutionFailedTerminal');
  const lied = JSON.parse((await run('lie', {})).stdout) as WorkerRunStatus;
  assert.equal(lied.code, 'run.output_invalid');
  assert.equal(lied.completion?.error_class, 'ExecutionContractViolation');
});

test('a target or task that is not known is refused by name', async () => {
  const ran = JSON.parse((await run('unknown', {})).stdout) as WorkerRunStatus;
  assert.deepEqual(ran.output, { code: 'step.unknown_target' });
  const none = await run('nothing', {});
  assert.notEqual(none.code, 0);
  assert.match(none.stderr, /worker\.no_task/);
  assert.ok(!existsSync(inWorkspace('nothing')));
});

test('a run is held, goes on and is ended by a person', async () => {
  const begun = await run('write', { path: 'ask.txt', content: 'held' }, '--detach');
  const { envelope } = JSON.parse(begun.stdout) as WorkerRunStatus;
  const item = await node.waiting();
  const said = async (word: string): Promise<string> => {
    const ran = await node.ioi('worker', word, envelope.run_id, '--json');
    assert.equal(ran.code, 0, ran.stderr);
    return (JSON.parse(ran.stdout) as WorkerRunStatus).envelope.state;
  };
  assert.equal(await said('pause'), 'paused');
  assert.equal(await said('resume'), 'awaiting_approval');
  assert.equal(await said('cancel'), 'cancelled');
  const shown = JSON.parse((await node.ioi('show', item.request_hash, '--json')).stdout);
  assert.equal(shown.action.state, 'denied');
  assert.notEqual((await node.ioi('worker', 'pause', envelope.run_id)).code, 0);
  assert.match((await node.ioi('worker', 'runs')).stdout, /cancelled/);
});

test('workers of both SDKs run by their cases, as they are made', async () => {
  const test = (folder: string) =>
    node.ioi('worker', 'test', folder, '--workspace', node.workspace, '--json', ...how);
  for (const language of ['python', 'typescript']) {
    for (const [template, cases] of [
      ['count', [null]],
      ['invoices', [null, null]],
    ] as const) {
      const made = join(node.folder, `${template}-${language}`);
      const how = ['--language', language, '--template', template];
      assert.equal((await node.ioi('worker', 'init', made, ...how)).code, 0);
      const ran = await test(made);
      assert.equal(ran.code, 0, ran.stderr + ran.stdout);
      assert.deepEqual(
        JSON.parse(ran.stdout).cases.map((each: { departure: unknown }) => each.departure),
        cases,
      );
    }
  }
  const python = join(node.folder, 'count-python');
  const draft = join(python, 'worker.json');
  writeFileSync(draft, readFileSync(draft, 'utf8').replace('"worker.py"', '"other.py"'));
  writeFileSync(join(python, 'other.py'), OTHER);
  writeFileSync(join(python, 'worker.tests.json'), JSON.stringify(CASES));
  const failed = await test(python);
  assert.equal(failed.code, 5, failed.stderr);
  const [wrote, wrong, raised] = JSON.parse(failed.stdout).cases;
  assert.equal(wrote.departure, null);
  assert.equal(wrong.departure, 'returned "x", not "y"');
  assert.equal(raised.departure, null, failed.stderr);
});

test('a worker under work runs again when its files change, and tells what it needs', async (t) => {
  const made = join(node.folder, 'dev');
  assert.equal((await node.ioi('worker', 'init', made)).code, 0);
  const elsewhere = join(node.folder, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'notes.txt'), 'one two');
  const input = ['--input', '{"path":"notes.txt"}', '--workspace', elsewhere];
  const asked = ['worker', 'dev', made, ...input, ...how];
  const out = join(node.folder, 'needed.json');
  const once = await node.ioi(...asked, '--once', '--out', out);
  assert.equal(once.code, 5, once.stderr);
  assert.match(once.stdout, /line 8, in count/);
  assert.match(once.stdout, /\+ REQUIRE_APPROVAL fs::read/);
  assert.match(readFileSync(out, 'utf8'), /learnt_ask_fs_read/);
  const running = new RunningIoi(t, asked, { env: { IOI_HOME: node.home.folder } });
  const watching = (times: number) =>
    until(`it ran ${times} times`, () => running.stderr.split('watching').length > times);
  await watching(1);
  const file = join(made, 'worker.py');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, `${text}raise ValueError("boom")\n`);
  await watching(2);
  writeFileSync(file, text.replace('len(agent.fs.read(path).split())', '7'));
  await watching(3);
  const { code, stdout } = await running.stop('SIGINT');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /not started: worker\.no_hello[\s\S]+ValueError: boom[\s\S]+output: 7/);
});

const key = join(node.folder, 'publisher.key');

async function packed(version: string, capabilities: readonly string[]): Promise<string> {
  const out = join(node.folder, `${version}.worker`);
  const draft = {
    ...{ id: 'ai://publisher/sample', version, capabilities_required: capabilities },
    entry: { language: 'typescript', file: 'worker.ts' },
  };
  writeFileSync(join(folder, 'worker.json'), JSON.stringify(draft));
  const ran = await node.ioi(
    'worker',
    'pack',
    folder,
    '--key',
    key,
    '--out',
    out,
    ...withPassphrase,
  );
  assert.equal(ran.code, 0, ran.stderr);
  return out;
}

function runInstalled(task: string, input: object, ...more: readonly string[]) {
  const asked = ['--task', task, '--input', JSON.stringify(input), ...more, ...how];
  return node.ioi('worker', 'run', 'sample', '--workspace', node.workspace, '--json', ...asked);
}

const install = (path: string, ...more: readonly string[]) =>
  node.ioi('worker', 'install', path, '--json', ...withPassphrase, ...more);

const WRITES = ['prim:fs.read', 'prim:fs.write'];

test('a worker is installed as it was looked at, and runs as it was signed', async () => {
  assert.equal((await node.ioi('domain', 'key', 'new', key, ...withPassphrase)).code, 0);
  const first = await packed('v1.0.0', WRITES);
  const other = await install(first, '--digest', `sha256:${'0'.repeat(64)}`);
  assert.match(other.stderr, /package\.other/);
  const warm = await install(first, '--profile', 'warm');
  assert.match(warm.stderr, /worker\.profile_unsupported/);
  assert.match((await node.ioi('worker', 'list')).stdout, /no worker is installed/);
  const installed = await install(first);
  assert.equal(installed.code, 0, installed.stderr);
  const { worker, review, asks } = JSON.parse(installed.stdout);
  assert.ok(review.words.includes('+ prim:fs.write'), review.words.join());
  assert.ok(asks[1].name === 'prim:fs.write' && asks[1].may.includes('fs::write'));
  assert.deepEqual([worker.state, worker.instance.lifecycle_status], ['installed', 'ready']);
  assert.equal(review.step_up, true);
  const ran = await runInstalled('write', { path: 'installed.txt', content: 'by name' });
  assert.equal(ran.code, 0, ran.stderr);
  const status = JSON.parse(ran.stdout) as WorkerRunStatus;
  assert.equal(status.envelope.worker_id, `worker://${worker.authority}/${worker.manifest_hash}`);
  assert.equal(status.invocation?.instance_ref, `inst://${worker.instance.instance_id}`);
  assert.equal(readFileSync(inWorkspace('installed.txt'), 'utf8'), 'by name');
});

test('bytes that are not those that were installed do not run', async () => {
  const { workers } = JSON.parse((await node.ioi('worker', 'list', '--json')).stdout);
  const digest = workers[0].package.slice('sha256:'.length);
  const kept = join(node.home.data, 'worker-packages', `${digest}.worker`);
  const bytes = readFileSync(kept);
  writeFileSync(kept, Buffer.concat([bytes, Buffer.from('more')]));
  const refused = await runInstalled('unknown', {});
  assert.match(refused.stderr, /worker\.package_damaged/);
  const again = await install(join(node.folder, 'v1.0.0.worker'));
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(readFileSync(kept), bytes);
  mkdirSync(join(node.folder, 'sample'));
  const place = { env: { IOI_HOME: node.home.folder }, cwd: node.folder };
  const either = await runIoi(['worker', 'run', 'sample'], place);
  assert.match(either.stderr, /is installed, and lies here too/);
});

test('a version that narrows bounds its runs, and what is removed does not run', async () => {
  const narrow = await install(await packed('v1.1.0', ['prim:fs.read']));
  assert.equal(narrow.code, 0, narrow.stderr);
  const modules = JSON.parse((await node.ioi('module', 'list', '--json')).stdout);
  assert.ok(modules.rows.every((row: { module_id?: string }) => row.module_id));
  const { inclusion, step_up, words } = JSON.parse(narrow.stdout).review;
  assert.ok(words.includes('- prim:fs.write'), words.join());
  assert.deepEqual([inclusion, step_up], ['narrower', false]);
  const ran = await runInstalled('write', { path: 'narrow.txt', content: '' });
  const status = JSON.parse(ran.stdout) as WorkerRunStatus;
  assert.equal(status.envelope.state, 'failed');
  assert.match(status.detail ?? '', /prim:fs\.write, which its manifest does not declare/);
  assert.ok(status.invocation);
  assert.ok(!existsSync(inWorkspace('narrow.txt')));
  const older = await install(join(node.folder, 'v1.0.0.worker'));
  assert.match(older.stderr, /worker\.downgrade/);
  const removed = await node.ioi('worker', 'remove', 'sample', ...withPassphrase);
  assert.equal(removed.code, 0, removed.stderr);
  assert.match((await runInstalled('unknown', {})).stderr, /worker\.not_installed/);
  assert.equal((await install(join(node.folder, 'v1.0.0.worker'))).code, 0);
  const out = join(node.folder, 'installed.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const verified = await node.ioi('verify', out);
  assert.equal(verified.code, 0, verified.stderr);
  assert.match(verified.stdout, /workers {6}3 installed, 2 runs of them/);
});

test('a folder that holds no worker any more ends its run, and not the node', async () => {
  const begun = await run('write', { path: 'ask.txt', content: 'left' }, '--detach');
  const { envelope } = JSON.parse(begun.stdout) as WorkerRunStatus;
  await node.waiting();
  const held = await runInstalled('write', { path: 'ask.txt', content: 'kept' }, '--detach');
  const { envelope: installed } = JSON.parse(held.stdout) as WorkerRunStatus;
  const waits = async (): Promise<boolean> => {
    const { stdout } = await node.ioi('worker', 'show', installed.run_id, '--json');
    return (JSON.parse(stdout) as WorkerRunStatus).waiting.length > 0;
  };
  await until('the installed one waits too', waits);
  assert.equal((await node.ioi('down')).code, 0);
  rmSync(join(folder, 'worker.json'), { force: true });
  mkdirSync(join(folder, 'worker.json'));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const status = await ended(envelope.run_id);
  assert.deepEqual([status.envelope.state, status.code], ['failed', 'worker.manifest']);
  // What is installed is where it was: its run goes on until somebody ends it.
  await until('the installed one waits again', waits);
  const over = await node.ioi('worker', 'cancel', installed.run_id, '--json');
  assert.ok((JSON.parse(over.stdout) as WorkerRunStatus).invocation, over.stderr);
  assert.equal((await node.ioi('status')).code, 0);
});

const OTHER = `
from ioi_sdk import Agent
agent = Agent(name="other")

@agent.task
def write(path: str):
    print("into nowhere")
    agent.fs.write(path, "x")
    return agent.fs.read(path)

@agent.task
def fail():
    agent.fs.write("/etc/passwd", "x")
`;

const write = { task: 'write', input: { path: 'out.txt' } };
const CASES = [
  { ...write, output: 'x', leaves: { 'out.txt': 'x' } },
  { ...write, output: 'y' },
  { task: 'fail', fails: 'worker.raised' },
];
