import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '@ioi/canon';
import type { WorkerRunAsked, WorkerRunStatus } from '@ioi/protocol';
import type { WorkerRunApi } from '../worker-run-api.ts';
import { A2aAgent } from './a2a-agent.ts';
import { BegunTasks } from './begun-tasks.ts';
import type { ServedDetail } from './served-detail.ts';
import { ServedWorker } from './served-worker.ts';

test('the same message is one run, also of a node that has forgotten its keys', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-begun-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const asked: (string | undefined)[] = [];
  const status = (run_id: string) =>
    ({ envelope: { run_id, state: 'completed' }, session_id: 's' }) as unknown as WorkerRunStatus;
  const runs = {
    run: async (_: WorkerRunAsked, key?: string) => status(`run_${asked.push(key)}`),
    inspect: async (run: string) => status(run),
  } as unknown as WorkerRunApi;
  const agentOf = (installed: string, within: string): A2aAgent => {
    const worker = new ServedWorker(runs, { installed, workspace: '/' });
    const tasks = [{ name: 'say', input_schema: {}, output_schema: {} }];
    const served = { current: async () => ({ tasks }) } as unknown as ServedDetail;
    return new A2aAgent({ worker, served, begun: new BegunTasks(within) });
  };
  const send = async (agent: A2aAgent, data: Json, contextId: string): Promise<unknown> => {
    const message = { messageId: 'm', contextId, parts: [{ data }] };
    const answer = await agent.answer(
      { kind: 'send', message, isWaited: true },
      new AbortController().signal,
    );
    assert.ok(answer.ok && answer.value.kind === 'sent', JSON.stringify(answer));
    return answer.value.task['id'];
  };
  assert.equal(await send(agentOf('ai://a', folder), 'x', 'c'), 'run_1');
  assert.equal(await send(agentOf('ai://a', folder), 'x', 'c'), 'run_1');
  assert.equal(await send(agentOf('ai://a', folder), 'x', 'd'), 'run_2');
  assert.equal(await send(agentOf('ai://a', folder), 'y', 'c'), 'run_3');
  const other = mkdtempSync(join(folder, 'other-'));
  assert.equal(await send(agentOf('ai://b', other), 'x', 'c'), 'run_4');
  assert.notEqual(asked[0], asked[2], 'another message under one id is another run');
  const forgot = mkdtempSync(join(folder, 'forgot-'));
  await send(agentOf('ai://a', forgot), 'x', 'c');
  assert.equal(asked[0], asked[4], 'the node knows the same message again');
  assert.notEqual(asked[0], asked[1]);
  assert.notEqual(asked[0], asked[3], 'ids are of one worker');
  const first = await send(agentOf('ai://a', folder), { a: 1, b: 2 }, 'c');
  const again = await send(agentOf('ai://a', folder), { b: 2, a: 1 }, 'c');
  assert.equal(again, first, 'written otherwise it is the same message');
});
