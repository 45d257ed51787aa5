import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { StepAnswer, WorkerInvocation } from '@ioi/protocol';
import { GuestHost } from './guest-host.ts';

const never = new AbortController().signal;
const text = `
  const schemas = { input: {}, output: {} };
  let before = 0;
  ioi.task('copy', schemas, async ({ from }, { fs }) => fs.write('/b', await fs.read(from)));
  ioi.task('both', schemas, async (_, { fs }) => {
    const order = [];
    const read = (path) => fs.read(path).then((it) => order.push(it));
    await Promise.all([read('/slow'), read('/quick')]);
    return order;
  });
  ioi.task('count', schemas, () => ++before);
  ioi.task('leave', schemas, (_, { fs }) => { fs.write('/unawaited', ''); return 'left'; });
  ioi.task('stuck', schemas, () => new Promise(() => {}));
  ioi.task('waits', schemas, (_, { fs }) => fs.read('/never'));
  ioi.task('native', schemas, () => { const a = []; a[2 ** 32 - 2] = 1; a.includes(2); });
  ioi.task('spin', schemas, () => { for (;;); });
  ioi.task('echo', schemas, (input) => input);`;
const opened = await GuestHost.open({ name: 'worker.js', text }, { name: 'w' });
assert.ok(opened.ok, JSON.stringify(opened));
const host = opened.value;
after(() => host.close());

function invoke(task: string, more: Partial<WorkerInvocation> = {}) {
  const takeStep = async (): Promise<StepAnswer> => ({ kind: 'done', output: null });
  return host.invoke({ task, input: {}, takeStep, signal: never, ...more });
}

test('a guest says what it does, and does it by steps that are answered', async () => {
  assert.deepEqual(host.description.tasks.map(({ name }) => name).slice(0, 2), ['copy', 'both']);
  const asked: unknown[] = [];
  const end = await invoke('copy', {
    input: { from: '/a' },
    takeStep: async ({ index, target, params }) => {
      asked.push([index, target, params]);
      return { kind: 'done', output: `answer ${index}` };
    },
  });
  assert.deepEqual(asked, [
    [0, 'fs::read', { path: '/a' }],
    [1, 'fs::write', { path: '/b', content: 'answer 0' }],
  ]);
  assert.deepEqual(end, { kind: 'returned', output: 'answer 1' });
});

test('steps are taken one by one, in the order in which a guest asked', async () => {
  const seen: string[] = [];
  const end = await invoke('both', {
    takeStep: async ({ params }) => {
      const path = params['path'] as string;
      seen.push(`begun ${path}`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`done ${path}`);
      return { kind: 'done', output: path };
    },
  });
  assert.deepEqual(seen, ['begun /slow', 'done /slow', 'begun /quick', 'done /quick']);
  assert.deepEqual(end, { kind: 'returned', output: ['/slow', '/quick'] });
});

test('a task finds nothing that another left', async () => {
  assert.deepEqual(await invoke('count'), { kind: 'returned', output: 1 });
  assert.deepEqual(await invoke('count'), { kind: 'returned', output: 1 });
});

test('what was asked for and not waited for is done before the end', async () => {
  let isDone = false;
  const end = await invoke('leave', {
    takeStep: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isDone = true;
      return { kind: 'failed', code: 'x', message: 'nobody hears this' };
    },
  });
  assert.deepEqual([end, isDone], [{ kind: 'returned', output: 'left' }, true]);
});

test('a guest that cannot go on dies by a name, and the next task runs', async () => {
  const codeOf = async (...given: Parameters<typeof invoke>) => {
    const end = await invoke(...given);
    return end.kind === 'died' ? end.code : end.kind;
  };
  assert.equal(await codeOf('missing'), 'guest.no_task');
  assert.equal(await codeOf('stuck'), 'guest.never_settles');
  assert.equal(await codeOf('echo', { input: 'x'.repeat(5_000_000) }), 'guest.bad_input');
  const stop = new AbortController();
  const takeStep = (): Promise<StepAnswer> => {
    stop.abort();
    return new Promise(() => {});
  };
  assert.equal(await codeOf('waits', { takeStep, signal: stop.signal }), 'worker.cancelled');
  assert.equal(await codeOf('echo', { signal: stop.signal }), 'worker.cancelled');
  assert.deepEqual(await invoke('echo', { input: [1] }), { kind: 'returned', output: [1] });
});

test('a guest in one operation without end is cut off from outside', async () => {
  const limits = { turnMs: 3_000, graceMs: 1_000 };
  const made = await GuestHost.open({ name: 'worker.js', text }, { name: 'w', limits });
  assert.ok(made.ok);
  for (const task of ['native', 'spin']) {
    const takeStep = async (): Promise<StepAnswer> => ({ kind: 'done', output: null });
    const end = await made.value.invoke({ task, input: {}, takeStep, signal: never });
    assert.deepEqual([end.kind, 'code' in end && end.code], ['died', 'guest.out_of_time'], task);
  }
  await made.value.close();
});

test('an answer that is too long is raised in the worker', async () => {
  const takeStep = async (): Promise<StepAnswer> => {
    return { kind: 'done', output: 'x'.repeat(5_000_000) };
  };
  const end = await invoke('waits', { takeStep });
  assert.deepEqual([end.kind, 'code' in end && end.code], ['raised', 'step.too_large']);
});

test('a file that is no worker is refused', async () => {
  const made = await GuestHost.open({ name: 'worker.js', text: 'let = 1' }, { name: 'w' });
  assert.deepEqual(made.ok ? 'opened' : made.error.code, 'guest.syntax');
});
