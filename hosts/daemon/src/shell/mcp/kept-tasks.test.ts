import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import { KeptTasks } from './kept-tasks.ts';

test('a disk that takes no name of a task does not end the act', () => {
  const said: string[] = [];
  const log = (message: string): void => void said.push(message);
  const tasks = new KeptTasks({ path: '/no/such/folder/tasks.json', log } as never);
  const times = { createdAt: new Date().toISOString(), ttlMs: 60_000 };
  const followed = { taskId: 'a-task', era: 'stateful' as const, ...times };
  const requestHash: Digest = `sha256:${'0'.repeat(64)}`;
  const of = { agentId: 'agent://node/a', requestHash };
  tasks.remember(followed, of);
  tasks.remember(followed, of);
  assert.deepEqual(said, ['task not kept']);
});

test('a damaged file of tasks is set aside, and the node goes on without their names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-tasks-'));
  const path = join(folder, 'mcp-tasks.json');
  for (const damaged of ['{"format":"ioi-tasks/1","ta', '{"format":"ioi-tasks/1","tasks":[1]}']) {
    writeFileSync(path, damaged);
    const said: string[] = [];
    const log = (message: string): void => void said.push(message);
    const tasks = new KeptTasks({ path, log } as never);
    assert.equal(tasks.recall('agent://node/a', 'a-task'), undefined);
    assert.deepEqual(said, ['tasks not read']);
    assert.deepEqual(readdirSync(folder), ['mcp-tasks.json.damaged']);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8'), damaged);
  }
  rmSync(folder, { recursive: true });
});
