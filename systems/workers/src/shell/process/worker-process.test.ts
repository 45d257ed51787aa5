import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { StepAnswer, WorkerEnd, WorkerStep } from '@ioi/protocol';
import { start, startScript } from '../../testing/start.ts';
import { WorkerProcess, type WorkerProcessOptions } from './index.ts';

type Take = (step: WorkerStep) => Promise<StepAnswer>;
const nothing: Take = async () => ({ kind: 'done', output: null });

async function greeted(script: string, options?: WorkerProcessOptions): Promise<WorkerProcess> {
  const worker = await WorkerProcess.greet(startScript(script), options);
  assert.ok(worker.ok, JSON.stringify(worker));
  return worker.value;
}

async function endOf(worker: WorkerProcess, takeStep: Take = nothing): Promise<WorkerEnd> {
  const { signal } = new AbortController();
  try {
    return await worker.invoke({ task: 'go', input: {}, takeStep, signal });
  } finally {
    await worker.close();
  }
}

async function codeOf(script: string, takeStep?: Take): Promise<string> {
  const end = await endOf(await greeted(script, { lineBytes: 4096 }), takeStep);
  return end.kind === 'returned' ? 'returned' : end.code;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a worker does one task after another, each with its own steps', async () => {
  const worker = await greeted(`hello(); let asked = 0;
    heard(({ method, result, params }) => {
      if (method === 'task/invoke') { asked = 0; step(0, 'memory::get', params.input); }
      else if (asked++ === 0) step(1, 'fs::read', { path: result.output });
      else tell('task/returned', { output: result.output });
    });`);
  assert.deepEqual(worker.description.tasks, [
    { name: 'go', input_schema: { type: 'object' }, output_schema: { type: 'string' } },
  ]);
  for (const key of ['first', 'second']) {
    const steps: WorkerStep[] = [];
    const end = await worker.invoke({
      task: 'go',
      input: { key },
      signal: new AbortController().signal,
      takeStep: async (step) => {
        steps.push(step);
        return { kind: 'done', output: `${key} ${step.index}` };
      },
    });
    assert.deepEqual(end, { kind: 'returned', output: `${key} 1` });
    assert.deepEqual(steps, [
      { index: 0, target: 'memory::get', params: { key } },
      { index: 1, target: 'fs::read', params: { path: `${key} 0` } },
    ]);
  }
  await worker.close();
  assert.equal(isAlive(worker.pid!), false);
});

test('a program that does not say hello is ended, and what it wrote is told', async () => {
  const silent = await WorkerProcess.greet(startScript('setInterval(() => {}, 1000)'), {
    helloMs: 300,
  });
  assert.equal(!silent.ok && silent.error.code, 'worker.no_hello');
  const gone = await WorkerProcess.greet(startScript('console.error("no such thing")'));
  assert.equal(!gone.ok && gone.error.code, 'worker.no_hello');
  assert.match(gone.ok ? '' : gone.error.diagnostics, /no such thing/);
  const nowhere = await WorkerProcess.greet(start('/nonexistent/worker', []));
  assert.equal(!nowhere.ok && nowhere.error.code, 'worker.no_hello');
  const other = await WorkerProcess.greet(startScript('hello({ wire: 7 })'));
  assert.match(other.ok ? '' : other.error.message, /it speaks wire 7, this node 1/);
});

test('every way to misbehave ends it by name', async () => {
  const going = (then: string) => `hello(); heard(() => { ${then} })`;
  assert.equal(await codeOf(going('process.exit(3)')), 'worker.died');
  assert.equal(await codeOf(going('console.log("hello there")')), 'worker.protocol');
  assert.equal(await codeOf(going('for (;;) step(0, "a::b".repeat(2000))')), 'worker.too_much');
  assert.equal(await codeOf(going('step(0, "a::b"); step(1, "a::b")')), 'worker.step_out_of_order');
  assert.equal(await codeOf(going('step(4, "a::b")')), 'worker.step_out_of_order');
  // Both at once: what comes later could as well be the first step of its task.
  assert.equal(await codeOf('together(hello, () => step(0, "a::b"))'), 'worker.step_out_of_order');
  assert.equal(await codeOf(going('tell("task/raised", { code: "E1", message: "" })')), 'E1');
});

test('a worker that loops is ended with all it started when its run is cancelled', async () => {
  const worker = await greeted(`hello(); heard(() => {
    const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
    process.stderr.write('child ' + child.pid + ' ', () => { for (;;); });
  })`);
  const cancel = new AbortController();
  const ending = worker.invoke({
    task: 'go',
    input: {},
    takeStep: nothing,
    signal: cancel.signal,
  });
  const [, child] = await until('its child', () => /child (\d+) /.exec(worker.diagnostics()));
  cancel.abort();
  const end = await ending;
  assert.equal(end.kind === 'died' && end.code, 'worker.cancelled');
  await until('both are gone', () => !isAlive(worker.pid!) && isGone(Number(child)));
  await worker.close();
});

/** Killed, and perhaps not yet asked after by whoever took it over. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}

test('a step is answered before the death of its worker ends the task', async () => {
  let isAnswered = false;
  const end = await endOf(
    await greeted('hello(); heard(() => { step(0, "a::b"); process.exit(1) })'),
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      isAnswered = true;
      return { kind: 'done', output: 1 };
    },
  );
  assert.equal(end.kind === 'died' && end.code, 'worker.died');
  assert.ok(isAnswered);
});

test('it is given its environment and nothing else, and its noise is bounded', async () => {
  process.env['IOI_TEST_SECRET'] = 'correct horse';
  const program = startScript(
    `hello(); heard(() => {
      const told = JSON.stringify(process.env);
      const end = () => tell('task/returned', { output: told });
      process.stderr.write('n'.repeat(200000) + told, end);
    })`,
    { GIVEN: 'yes' },
  );
  const worker = await WorkerProcess.greet(program);
  assert.ok(worker.ok);
  const end = await endOf(worker.value);
  delete process.env['IOI_TEST_SECRET'];
  assert.equal(end.kind === 'returned' && JSON.parse(String(end.output)).GIVEN, 'yes');
  assert.ok(!JSON.stringify(end).includes('correct horse'));
  assert.ok(worker.value.diagnostics().length <= 64 * 1024);
  assert.ok(worker.value.diagnostics().endsWith('}'));
});

test('of a secret in its last words it tells no part, also where they are cut', async () => {
  const secret = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
  const script = `hello(); heard(() => {
    process.stderr.write(${JSON.stringify(`${secret} ${'n '.repeat(190)}`)}, () => process.exit(1));
  })`;
  const end = await endOf(await greeted(script));
  assert.ok(end.kind === 'died' && end.message.endsWith('n n'), JSON.stringify(end));
  assert.ok(!end.message.includes(secret.slice(-8)), end.message);
});
