import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Cable, processesNaming, until } from '@ioi/basis/testing';
import type { ExecutionStatus, WorkerRunStatus, WorkerRunTrace } from '@ioi/protocol';
import { findSockets } from '../shell/home.ts';
import { callLocal } from '../shell/local-http.ts';
import { RunningIoi, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const LEASE_MS = 3000;
/** Steps of a run that is disturbed in its midst. */
const COUNT = 12;
const PATIENCE_MS = 240_000;
const node = new TestNode();
const passphrase = ['--passphrase-file', node.passphraseFile];
const worker = join(node.folder, 'steps.guest.js');

/** It writes so many files, one after the other, and says how often it was let. */
const WORKER = `
const input = { type: 'object' };
ioi.task('write', { input, output: { type: 'integer' } }, async ({ prefix, count }, agent) => {
  for (let at = 0; at < count; at += 1) await agent.fs.write(prefix + at + '.txt', 'x');
  return count;
});
`;

/** A machine of its own: a folder with a key, and perhaps a cable of its own. */
class Machine {
  readonly name: string;
  readonly home: string;
  readonly invitation: string;

  constructor(name: string) {
    this.name = name;
    this.home = join(node.folder, name);
    this.invitation = join(this.home, 'invitation.json');
    mkdirSync(this.home);
  }

  async admitted(): Promise<void> {
    const request = join(this.home, 'request.json');
    const env = { IOI_HOME: this.home };
    const asked = ['executor', 'request', '--name', this.name, '--out', request];
    assert.equal((await runIoi(asked, { env })).code, 0);
    const admit = ['executor', 'admit', request, '--out', this.invitation, ...passphrase];
    const admitted = await node.ioi(...admit);
    assert.equal(admitted.code, 0, admitted.stderr);
  }

  through(port: number): void {
    const invitation = JSON.parse(readFileSync(this.invitation, 'utf8'));
    writeFileSync(this.invitation, JSON.stringify({ ...invitation, port }));
  }

  join(t: TestContext): RunningIoi {
    return new RunningIoi(t, ['executor', 'join', this.invitation], {
      env: { IOI_HOME: this.home },
    });
  }

  kill(): void {
    for (const pid of processesNaming(this.home)) process.kill(pid, 'SIGKILL');
  }
}

const [one, two] = [new Machine('one'), new Machine('two')];
let cable: Cable;

before(async () => {
  writeFileSync(worker, WORKER);
  assert.equal((await node.init()).code, 0);
  const port = await freePort();
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  const execution = { port, lease_ms: LEASE_MS };
  writeFileSync(node.home.nodeConfig, JSON.stringify({ ...config, execution }));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const allow = { rule_id: 'write', target: 'fs::write', action: 'ALLOW' };
  const rules = [{ ...allow, conditions: { allow_paths: [node.workspace] } }];
  const policy = { policy_id: 'executors', defaults: 'deny_all', rules };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  cable = await Cable.lay(port);
});

after(async () => {
  cable?.close();
  for (const machine of [one, two]) machine.kill();
  await node.close();
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function status(): Promise<ExecutionStatus> {
  const socket = findSockets(node.home).daemon;
  return callLocal({ socket, method: 'GET', path: '/v1/execution' });
}

function inspect<T>(runId: string, what: string): Promise<T> {
  const socket = findSockets(node.home).daemon;
  return callLocal({ socket, method: 'GET', path: `/v1/runs/${runId}/${what}` });
}

async function begun(prefix: string, count: number): Promise<string> {
  const input = JSON.stringify({ prefix, count });
  const about = ['--workspace', node.workspace, '--input', input, '--leased', '--detach'];
  const ran = await node.ioi('worker', 'run', worker, ...about, '--json');
  assert.equal(ran.code, 0, ran.stderr);
  return (JSON.parse(ran.stdout) as WorkerRunStatus).envelope.run_id;
}

async function holderOf(runId: string): Promise<string | undefined> {
  return (await status()).leases.find(({ run_id }) => run_id === runId)?.holder;
}

/** Steps of it that were done, each of which has one act in the log and no other. */
async function stepsOf(runId: string): Promise<number> {
  const { steps } = await inspect<WorkerRunTrace>(runId, 'trace');
  const acts = steps.flatMap(({ request_hash }) => request_hash ?? []);
  assert.equal(new Set(acts).size, acts.length);
  assert.equal(new Set(steps.map(({ index }) => index)).size, steps.length, 'a step is done once');
  return steps.length;
}

async function completed(runId: string, count: number): Promise<void> {
  const ended = await until(
    'it ends',
    async () => {
      const told = await inspect<WorkerRunStatus>(runId, 'inspect');
      return ['completed', 'failed'].includes(told.envelope.state) ? told : undefined;
    },
    PATIENCE_MS,
  );
  assert.deepEqual([ended.envelope.state, ended.code], ['completed', undefined]);
  assert.equal(ended.completion?.acts, String(count), 'no effect happened twice');
  assert.equal(await stepsOf(runId), count);
}

test('what nobody can carry out elsewhere is refused by name', async () => {
  const program = join(node.folder, 'other.mjs');
  const tasks = [{ name: 'go', input_schema: {}, output_schema: {} }];
  const hello = { jsonrpc: '2.0', method: 'worker/hello', params: { wire: 1, name: 'x', tasks } };
  const line = JSON.stringify(JSON.stringify(hello));
  writeFileSync(program, `console.log(${line});\nprocess.stdin.resume();\n`);
  const at = ['--workspace', node.workspace, '--leased', '--unconfined'];
  const unleased = await node.ioi('worker', 'run', program, ...at);
  assert.match(unleased.stderr, /workers in one file alone/);
  const request = join(node.folder, 'request.json');
  writeFileSync(request, '{}');
  const admit = ['executor', 'admit', request, '--out', join(node.folder, 'none.json')];
  assert.match((await node.ioi(...admit, ...passphrase)).stderr, /no request of an executor/);
});

test('a machine that is admitted carries a run out, with no effect of its own', async (t) => {
  await one.admitted();
  await two.admitted();
  const joined = one.join(t);
  await until('it is connected', () => joined.stderr.includes('X25519MLKEM768'));
  const runId = await begun('a', 3);
  await completed(runId, 3);
  assert.equal(readFileSync(join(node.workspace, 'a2.txt'), 'utf8'), 'x');
  assert.match((await node.ioi('executor', 'list')).stdout, /one +connected/);
  // Whoever is not admitted is not heard, whatever invitation it found.
  const stranger = new Machine('stranger');
  const env = { IOI_HOME: stranger.home };
  const asked = ['executor', 'request', '--name', 'stranger', '--out', stranger.invitation];
  assert.equal((await runIoi(asked, { env })).code, 0);
  writeFileSync(stranger.invitation, readFileSync(one.invitation));
  const refused = stranger.join(t);
  await until('it is cut off', () => refused.stderr.includes('not connected'));
  assert.equal((await status()).executors.length, 2);
  await joined.stop('SIGTERM');
});

test('a holder that is killed loses its run to another, and no effect happens twice', async (t) => {
  one.join(t);
  const runId = await begun('b', COUNT);
  await until('it is under way', async () => (await stepsOf(runId)) > 2);
  two.join(t);
  one.kill();
  await until('the other has it', async () => (await holderOf(runId)) === 'two');
  await completed(runId, COUNT);
  two.kill();
});

test('a holder that is cut off is fenced: what it says later is refused by name', async (t) => {
  one.through(cable.port);
  const cutOff = one.join(t);
  const runId = await begun('c', COUNT);
  await until('it is under way', async () => (await stepsOf(runId)) > 2);
  cable.cut();
  two.join(t);
  await until('the other has it', async () => (await holderOf(runId)) === 'two');
  cable.mend();
  await until('it is refused', () => /lease\.(fenced|not_held|expired)/.test(cutOff.stderr));
  await completed(runId, COUNT);
  const out = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const verified = await node.ioi('verify', out);
  assert.equal(verified.code, 0, verified.stdout);
});

test('one that is dismissed carries out nothing any more', async (t) => {
  const gone = two.join(t);
  await until('it is connected', () => gone.stderr.includes('connected'));
  const dismissed = await node.ioi('executor', 'dismiss', 'two', ...passphrase);
  assert.equal(dismissed.code, 0, dismissed.stderr);
  const runId = await begun('d', 3);
  await until('it is refused', () => gone.stderr.includes('refused'));
  assert.equal(await holderOf(runId), undefined);
  one.join(t);
  await completed(runId, 3);
});
