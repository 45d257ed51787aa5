import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import type { WorkerRunStatus } from '@ioi/protocol';
import { findSockets } from '../shell/home.ts';
import { WorkerRunApi } from '../shell/worker-run-api.ts';
import { TestNode } from '../testing/test-node.ts';

/** More than work at once. */
const RUNS = 33;

const WORKER = `
const shapes = { input: { type: 'object' }, output: {} };
ioi.task('ask', shapes, async ({ name }, agent) => {
  const at = await agent.clock.now();
  if (name === 'ask') return agent.ask('Which colour?', ['red', 'blue']);
  await agent.fs.write(name, 'asked');
  return { at, name };
});`;

const QUESTION = { target: 'person::ask', action: 'ALLOW', conditions: {} };
const node = new TestNode();
const api = new WorkerRunApi(findSockets(node.home));
const path = join(node.folder, 'ask.guest.js');
const rule = { target: 'fs::write', action: 'REQUIRE_APPROVAL' };
const conditions = { allow_paths: [node.workspace] };
const policy = { policy_id: 'q', defaults: 'deny_all', rules: [{ ...rule, conditions }, QUESTION] };

before(async () => {
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  writeFileSync(node.home.policy, JSON.stringify(policy));
  writeFileSync(path, WORKER);
  assert.equal((await node.activate()).code, 0);
});

after(() => node.close());

const inWorkspace = (name: string): string => join(node.workspace, name);

function begin(name: string): Promise<WorkerRunStatus> {
  return api.run({ path, task: 'ask', input: { name }, workspace: node.workspace });
}

function inState(run: string, wanted: string): Promise<WorkerRunStatus> {
  return until(`${run} is ${wanted}`, async () => {
    const status = await api.inspect(run).catch(() => undefined);
    return status?.envelope.state === wanted ? status : undefined;
  });
}

const allWait = (runs: readonly string[]) =>
  Promise.all(runs.map((run) => inState(run, 'awaiting_approval')));

function approve([hash = '']: readonly string[]) {
  return node.ioi('approve', hash.slice(7, 19), '--passphrase-file', node.passphraseFile);
}

function answer([hash = '']: readonly string[]) {
  const secret = ['--passphrase-file', node.passphraseFile];
  return node.ioi('answer', hash.slice(7, 19), '--choice', '2', ...secret);
}

function killDaemon(): void {
  const daemon = processesNaming(node.folder).find((pid) => {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('hosts/daemon/src/main.');
  });
  assert.ok(daemon);
  process.kill(daemon, 'SIGKILL');
}

test('more runs wait for people than work at once, also over a kill, and go on', async () => {
  const names = ['ask', ...Array.from({ length: RUNS - 1 }, (_, at) => `${at}.txt`)];
  const begun = await Promise.all(names.map(begin));
  const runs = begun.map(({ envelope }) => envelope.run_id);
  const [asking = '', second = '', third = ''] = runs;
  await allWait(runs);
  assert.equal((await api.say(second, 'cancel')).envelope.state, 'cancelled');
  const { waiting: at } = await inState(asking, 'awaiting_approval');
  killDaemon();
  const others = runs.filter((run) => run !== second);
  await allWait(others);
  assert.deepEqual((await api.inspect(asking)).waiting, at, 'nobody is asked twice');
  const answered = await answer(at);
  assert.equal(answered.code, 0, answered.stderr);
  assert.equal((await inState(asking, 'completed')).output, 'blue');
  assert.ok(!existsSync(inWorkspace('0.txt')));
  // Held while its worker was let go, it goes on when a person says so, and not before.
  assert.equal((await api.say(third, 'pause')).envelope.state, 'paused');
  const { waiting } = await api.inspect(third);
  assert.equal((await approve(waiting)).code, 0);
  await until('it is done', () => existsSync(inWorkspace('1.txt')));
  assert.equal((await api.inspect(third)).envelope.state, 'paused');
  await api.say(third, 'resume');
  const done = await inState(third, 'completed');
  assert.equal((done.output as { name: string }).name, '1.txt');
  await Promise.all(others.slice(2).map((run) => api.say(run, 'cancel')));
  const out = join(node.folder, 'queue.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const verified = await node.ioi('verify', out);
  assert.equal(verified.code, 0, verified.stderr);
});

test('what is beyond those at work is told how many are before it, and may be ended', async () => {
  const looping = join(node.folder, 'loop.guest.js');
  const loop = 'for (;;) await agent.clock.now();';
  writeFileSync(looping, WORKER.replace("await agent.fs.write(name, 'asked');", loop));
  const asked = {
    path: looping,
    task: 'ask',
    input: {},
    workspace: node.workspace,
    max_steps: 1024,
  };
  const begun = await Promise.all(Array.from({ length: RUNS }, () => api.run(asked)));
  const last = begun.map(({ envelope }) => envelope.run_id);
  const queued = begun.filter(({ envelope }) => envelope.state === 'queued');
  assert.ok(queued.length > 0, 'not all of them work');
  const told = queued.map(({ ahead }) => ahead);
  assert.ok(
    told.every((ahead) => ahead !== undefined && ahead < RUNS),
    told.join(),
  );
  await Promise.all(last.map((run) => api.say(run, 'cancel').catch(() => undefined)));
  for (const run of last) assert.match((await api.inspect(run)).envelope.state, /cancelled|failed/);
});
