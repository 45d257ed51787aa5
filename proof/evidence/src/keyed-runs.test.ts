import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeHome, NodeProcess } from '@ioi/kit';
import { Line } from './api/send.ts';

// Who asked for a run and heard nothing asks again by the same key: there is one run, not two.

const folder = mkdtempSync(join(tmpdir(), 'ioi-keyed-'));
const [home, workspace] = [join(folder, 'home'), join(folder, 'workspace')];
const path = join(folder, 'asks.guest.js');
const FILE = `
const any = { type: 'object' };
ioi.task('ask', { input: any, output: any }, async ({ text }, agent) => {
  await agent.fs.write('asked.txt', text);
  return {};
});`;
const WORKFLOW = {
  workflow_id: 'workflow://asks',
  version: '1.0.0',
  title: 'Ask',
  inputs: [{ name: 'content', type: 'text' }],
  budget: { max_calls: 2 },
  steps: [
    {
      ...{ step_id: 'agree', kind: 'approval', question: 'Is this well?' },
      inputs: [{ name: 'content', type: 'text' }],
      outputs: [{ name: 'agreed', type: 'flag' }],
    },
  ],
  edges: [{ kind: 'data', from: 'inputs.content', to: 'agree.content' }],
};
const asks = (target: string) => ({ target, conditions: {}, action: 'REQUIRE_APPROVAL' });
let node: NodeProcess;

before(async () => {
  mkdirSync(workspace);
  writeFileSync(path, FILE);
  await makeHome(home, []);
  node = new NodeProcess(home);
  await node.ready();
  const rules = [asks('fs::write'), asks('workflow::ask')];
  const policy = JSON.stringify({ policy_id: 'asks', rules });
  assert.equal((await node.activate(policy)).status, 200);
  const headers = { 'if-none-match': '*' };
  const kept = await send('PUT', '/v1/workflows/asks', WORKFLOW, headers);
  assert.equal(kept.status, 201, JSON.stringify(kept.said));
});

after(async () => {
  await node.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function send(method: string, to: string, asked: object, headers: Record<string, string>) {
  const line = new Line(node.socketPath('daemon'), 1);
  const body = Buffer.from(JSON.stringify(asked));
  const { status, text } = await line.ask({ method, path: to, headers, body });
  line.close();
  return { status, said: JSON.parse(text) };
}

const post = (to: string, asked: object, key: string) =>
  send('POST', to, asked, { 'idempotency-key': `"${key}"` });

async function worker(text: string, key: string): Promise<[number, string]> {
  const asked = { path, workspace, unconfined: true, task: 'ask', input: { text } };
  const { status, said } = await post('/v1/worker-runs', asked, key);
  return [status, status === 201 ? said.envelope.run_id : said.code];
}

async function workflow(content: string, key: string): Promise<[number, string]> {
  const asked = { input: { content }, workspace };
  const { status, said } = await post('/v1/workflows/asks/runs', asked, key);
  return [status, status === 201 ? said.run.graph_run_id : said.code];
}

async function countOf(route: string): Promise<number> {
  return ((await node.api('GET', route)).body['runs'] as object[]).length;
}

test('a run that was asked for by a key is the same one after a kill, and no second', async () => {
  const first = await worker('one', 'run');
  const graph = await workflow('one', 'graph');
  assert.deepEqual([first[0], graph[0]], [201, 201], `${first} ${graph}`);
  await node.stop('SIGKILL');
  node = new NodeProcess(home);
  await node.ready();
  assert.deepEqual(await worker('one', 'run'), first);
  assert.deepEqual(await workflow('one', 'graph'), graph);
  assert.deepEqual(await worker('other', 'run'), [422, 'idempotency.key_reused']);
  assert.deepEqual(await workflow('other', 'graph'), [422, 'idempotency.key_reused']);
  // One of another key is another one, of which nothing was lost.
  assert.notEqual((await worker('one', 'run 2'))[1], first[1]);
  assert.equal(await countOf('/v1/worker-runs'), 3, 'two, and the one of the workflow');
  assert.equal(await countOf('/v1/workflow-runs'), 1);
});

test('asked for by many at once while the node is killed, there is one of each key', async () => {
  const before = await countOf('/v1/worker-runs');
  for (const [round, ms] of [0, 20, 60].entries()) {
    const asking = Array.from({ length: 4 }, () => worker('cut', `cut ${round}`).catch(() => []));
    await sleep(ms);
    await node.stop('SIGKILL');
    await Promise.all(asking);
    node = new NodeProcess(home);
    await node.ready();
    const all = await Promise.all(Array.from({ length: 4 }, () => worker('cut', `cut ${round}`)));
    const ids = all.flatMap(([status, id]) => (status === 201 ? [id] : []));
    const others = all.flatMap(([status, code]) => (status === 201 ? [] : [code]));
    assert.equal(new Set(ids).size, 1, String(all));
    assert.ok(
      others.every((code) => code === 'idempotency.in_progress'),
      String(all),
    );
    const shown = await node.api('GET', `/v1/runs/${ids[0]}/inspect`);
    assert.equal(shown.status, 200);
  }
  assert.equal(await countOf('/v1/worker-runs'), before + 3);
});

test('a key holds where its workflow is not there any more', async () => {
  const first = await workflow('two', 'gone');
  assert.equal(first[0], 201, String(first));
  await node.stop('SIGKILL');
  rmSync(join(home, 'data', 'workflows'), { recursive: true });
  node = new NodeProcess(home);
  await node.ready();
  assert.deepEqual(await workflow('two', 'gone'), first);
  assert.deepEqual(await workflow('two', 'new'), [404, 'workflow.unknown']);
});
