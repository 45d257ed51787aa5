import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedTool } from './answer.ts';
import { readTask, taskIn, taskNamedBy, wantsTask, withoutTask } from './tasks.ts';

const RELATED = { 'io.modelcontextprotocol/related-task': { taskId: 't' } };
const TASK = { taskId: 't', status: 'working' };

test('a task is asked for where it must be, or may be and the client follows one', () => {
  const capabilities = { tasks: { requests: { tools: { call: {} } } } };
  const wants = (taskSupport: string | undefined, isTask: boolean, era = 'stateful') => {
    const execution = taskSupport === undefined ? {} : { execution: { taskSupport } };
    const tool: ListedTool = { name: 'a', inputSchema: {}, ...execution };
    return wantsTask({ era, capabilities }, { tool, isTask });
  };
  assert.deepEqual([wants('required', false), wants('required', true)], [true, true]);
  assert.deepEqual([wants('optional', false), wants('optional', true)], [false, true]);
  for (const none of [undefined, 'forbidden', 'constructor']) assert.ok(!wants(none, true));
  assert.ok(!wants('required', true, 'stateless'));
  const tool = { name: 'a', inputSchema: {}, execution: { taskSupport: 'required' } };
  assert.ok(!wantsTask({ era: 'stateful', capabilities: { tasks: {} } }, { tool, isTask: true }));
});

test('a task is read as either revision tells of it, and nothing else is one', () => {
  assert.equal(taskIn({ task: TASK }, 'stateful')?.taskId, 't');
  assert.equal(taskIn({ resultType: 'task', ...TASK }, 'stateless')?.taskId, 't');
  for (const none of [{ content: [] }, { resultType: 'complete', ...TASK }, { task: 1 }, null]) {
    assert.equal(taskIn(none, 'stateless'), undefined);
    assert.equal(taskIn(none, 'stateful'), undefined);
  }
  const told = { ...TASK, statusMessage: 'm', ttl: null, pollInterval: 5 };
  assert.deepEqual(readTask(told)?.report, { message: 'm', pollMs: 5 });
  assert.equal(readTask(told)?.pollMs, 50, 'no server makes this side ask without a pause');
  assert.equal(readTask({ ...TASK, pollIntervalMs: 1e9 })?.pollMs, 30_000);
});

test("a server's own name of a task reaches no client", () => {
  assert.equal(taskNamedBy({ _meta: RELATED }), 't');
  assert.equal(taskNamedBy({ _meta: {} }), undefined);
  assert.deepEqual(withoutTask({ content: [], _meta: { ...RELATED, x: 1 } }), {
    content: [],
    _meta: { x: 1 },
  });
  assert.deepEqual(withoutTask({ message: 'm', task: { ttl: 1 }, _meta: RELATED }), {
    message: 'm',
  });
});
