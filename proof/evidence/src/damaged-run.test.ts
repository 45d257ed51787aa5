import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { makeHome, NodeProcess } from '@ioi/kit';
import type { DataOverview, SelectedContents, WorkerRunStatus } from '@ioi/protocol';
import { Database } from '@ioi/sqlite';

// Whatever happened to what a run was given: the node starts, and the run ends by a name.

const folder = mkdtempSync(join(tmpdir(), 'ioi-damaged-'));
const [home, workspace] = [join(folder, 'home'), join(folder, 'workspace')];
const path = join(folder, 'asks.guest.js');
const FILE = `
const any = { type: 'object' };
ioi.task('ask', { input: any, output: any }, async ({ text }, agent) => {
  await agent.fs.write('asked.txt', text);
  return {};
});`;
const rule = { target: 'fs::write', conditions: {}, action: 'REQUIRE_APPROVAL' };
let node: NodeProcess;

before(async () => {
  mkdirSync(workspace);
  writeFileSync(path, FILE);
  await makeHome(home, []);
  node = new NodeProcess(home);
  await node.ready();
  const policy = JSON.stringify({ policy_id: 'asks', rules: [rule] });
  assert.equal((await node.activate(policy)).status, 200);
});

after(async () => {
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function waiting(text: string): Promise<WorkerRunStatus> {
  const asked = { path, workspace, unconfined: true, task: 'ask', input: { text } };
  const { body } = await node.api('POST', '/v1/worker-runs', asked);
  const { run_id } = (body as unknown as WorkerRunStatus).envelope;
  return until('it waits', async () => {
    const run = await statusOf(run_id);
    return run.waiting.length > 0 && run;
  });
}

async function statusOf(run: string): Promise<WorkerRunStatus> {
  const { body } = await node.api('GET', `/v1/runs/${run}/inspect`);
  return body as unknown as WorkerRunStatus;
}

async function data(): Promise<DataOverview> {
  const { body } = await node.api('GET', '/v1/data');
  return body as unknown as DataOverview;
}

/** What runs were given, and nothing that acts were asked with. */
async function kept(): Promise<SelectedContents['contents']> {
  const { body } = await node.api('POST', '/v1/data/select', { terms: ['class:content'] });
  const { contents } = body as unknown as SelectedContents;
  return contents.filter((each) => each.envelope.media_type === 'application/json');
}

/** Of all that is kept each last byte is another; by how large, so that some can be left alone. */
function damage(atLeast: number): void {
  const about = { schema: '', format: 1, durability: 'full', isAwaited: true } as const;
  const database = new Database({ path: join(home, 'data/artifacts/artifacts.db'), ...about });
  for (const { digest, bytes } of database.all('SELECT digest, bytes FROM sealed')) {
    const other = Uint8Array.from(bytes as Uint8Array);
    if (other.length < atLeast) continue;
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    database.run('UPDATE sealed SET bytes = ? WHERE digest = ?', other, String(digest));
  }
  database.close();
}

test('a node whose runs cannot be told what they were given starts, and ends them', async () => {
  const [short, long] = [await waiting('short'), await waiting('long '.repeat(1000))];
  const input = (await kept()).find(({ envelope }) => envelope.size_bytes > 4000)?.envelope.sha256;
  assert.ok(input);
  const refused = await node.api('POST', '/v1/data/forget', { digests: [input], reason: 'r' });
  assert.deepEqual([refused.status, refused.body['code']], [409, 'content.in_use']);
  await node.stop();
  damage(4000);
  node = new NodeProcess(home);
  await node.ready();
  const ended = await until('it has ended', async () => {
    const run = await statusOf(long.envelope.run_id);
    return run.completion !== undefined && run;
  });
  assert.deepEqual([ended.envelope.state, ended.code], ['failed', 'run.record_damaged']);
  assert.deepEqual(ended.waiting, []);
  // The other one goes on to wait, for the same.
  const same = await until('it waits again', async () => {
    const run = await statusOf(short.envelope.run_id);
    return run.waiting.length > 0 && run;
  });
  assert.deepEqual(same.waiting, short.waiting);
  const { damaged = [] } = await data();
  assert.ok(damaged.includes(input), JSON.stringify(damaged));
  // What is damaged can be forgotten once no run needs it, and is not told of any more.
  const gone = await node.api('POST', '/v1/data/forget', { digests: damaged, reason: 'r' });
  assert.equal(gone.status, 200, JSON.stringify(gone.body));
  assert.equal((await data()).damaged, undefined);
});
