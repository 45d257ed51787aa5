import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { exited, makeHome, NodeProcess } from '@ioi/kit';
import type { WorkerRunStatus } from '@ioi/protocol';
import { median } from './measure.ts';
import type { Report } from './report.ts';
import { type RunWorkers, writeWorkers } from './run-workers.ts';
import type { NodePart } from './runs-parts.ts';
import { startGateway, startRestate } from './runs-peers.ts';

const STEPS = 900;
const AT_ONCE = 20;
/** Of each of many runs at once: long enough that most of it is not how they begin. */
const STEPS_EACH = 900;
/** Looked at no more often, so that looking takes nothing from what is measured. */
const LOOK_MS = 1000;
const QUESTIONS = 300;
const REPLAYED = 100;
const TRIES = 5;
/** In turns with what is beside it. */
const ROUNDS = 3;
/** And on a slow machine as many as begin within this time, one at least. */
const ROUNDS_MS = 90_000;
/** Open at once, each waiting for a person. */
const MANY = 1000;
/** Asked for at once, so that no request waits longer for its answer than its client does. */
const BATCH = 50;
const TOLD_EVERY_MS = 10_000;
/** For what a busy machine still gets done, and one that hangs never does. */
const PATIENCE_MS = 300_000;

const rule = (target: string, action: string) => ({ target, conditions: {}, action });
const POLICY = JSON.stringify({
  policy_id: 'runs',
  rules: [rule('model::invoke', 'ALLOW'), rule('fs::write', 'REQUIRE_APPROVAL')],
});

type Bed = {
  readonly folder: string;
  readonly home: string;
  readonly workers: RunWorkers;
  readonly model: string;
};

/** Runs at a node: what a sealed step costs, alone and beside others; how soon a run goes on. */
export async function runNode(report: Report, parts: readonly NodePart[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-runs-'));
  mkdirSync(join(folder, 'workspace'));
  const upstream = await startModel();
  const model = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const home = join(folder, 'home');
  const bed = { folder, home, workers: writeWorkers(folder), model };
  const models = { bench: [{ provider: 'openai', model: 'bench', url: model }] };
  await makeHome(home, [], [], { models });
  let node = new NodeProcess(home);
  try {
    await node.ready();
    const activated = await node.activate(POLICY);
    if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
    const started = performance.now();
    for (const part of parts) {
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stderr.write(`runs: ${part}, after ${seconds} s\n`);
      // Where one does not come to its end, the others do.
      const next = await MEASURES[part](bed, node, report).catch((fault: unknown) => {
        report.note(`${part} was not measured: ${String(fault)}`);
        process.exitCode = 1;
      });
      // After a kill it is another process.
      if (next instanceof NodeProcess) node = next;
    }
  } finally {
    await node.stop();
    upstream.close();
    upstream.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureSteps({ folder, workers }: Bed, node: NodeProcess, report: Report) {
  const task = { folder, task: 'steps', input: { count: STEPS } };
  await outputOf(node, { ...task, path: workers.program });
  const alone = await outputOf(node, { ...task, path: workers.program });
  report.note(`${STEPS} steps of one run, each answered by a record of its own in the log`);
  report.figure({
    ...{ figure: 'step_p50_ms', value: Number(alone['p50_us']) / 1000, unit: 'ms' },
    target: { op: '<=', value: 2 },
  });
}

async function measureStepsAtOnce(
  { folder, workers }: Bed,
  node: NodeProcess,
  report: Report,
): Promise<void> {
  const input = { count: STEPS_EACH };
  const each = { folder, task: 'steps', input, path: workers.guest };
  const ownRate = async (): Promise<number> => {
    const many = await Promise.all(Array.from({ length: AT_ONCE }, () => outputOf(node, each)));
    const began = Math.min(...many.map(({ first }) => Number(first)));
    const ended = Math.max(...many.map(({ last }) => Number(last)));
    return (AT_ONCE * STEPS_EACH * 1000) / (ended - began);
  };
  report.note(`${AT_ONCE} runs of ${STEPS_EACH} steps, from the first step of any to the last`);
  report.figure({
    ...{ figure: `steps_per_s@${AT_ONCE}`, value: await ownRate(), unit: '1/s' },
    target: { op: '>=', value: 6000 },
  });
  await compareSteps(ownRate, report);
}

/** In turns with a server of durable steps, where it can be had. */
async function compareSteps(ownRate: () => Promise<number>, report: Report): Promise<void> {
  const peer = await startRestate();
  if ('why' in peer) {
    report.note(`restate-server is not measured: ${peer.why}`);
    return;
  }
  const [own, theirs]: [number[], number[]] = [[], []];
  try {
    const until = performance.now() + ROUNDS_MS;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round > 0 && performance.now() > until) break;
      theirs.push(await peer.stepsPerSecond(AT_ONCE, STEPS_EACH));
      own.push(await ownRate());
    }
  } finally {
    await peer.stop();
  }
  const ratio = median(own) / median(theirs);
  report.figure({
    ...{ figure: `steps_vs_restate@${AT_ONCE}`, value: ratio, unit: 'x' },
    target: { op: '>=', value: 2 },
    peer: { name: '@restatedev/restate-server', value: median(theirs), ratio },
  });
}

/** Against asking the same model by itself, in the same run. */
async function measureModels({ folder, workers, model }: Bed, node: NodeProcess, report: Report) {
  const direct: number[] = [];
  for (let at = 0; at < QUESTIONS; at += 1) {
    const start = performance.now();
    const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: `${at}` }] });
    const headers = { 'content-type': 'application/json' };
    await (await fetch(`${model}/v1/chat/completions`, { method: 'POST', headers, body })).json();
    direct.push(performance.now() - start);
  }
  const input = { count: QUESTIONS };
  const asked = await outputOf(node, { folder, path: workers.program, task: 'models', input });
  const value = Number(asked['p50_us']) / 1000 - median(direct);
  report.note(
    `${QUESTIONS} questions, each decided, sealed and receipted, less the same asked by hand`,
  );
  const theirs = await gatewayAdds(model, median(direct), report);
  const name = '@portkey-ai/gateway';
  const peer = theirs === undefined ? {} : { peer: { name, value: theirs, ratio: value / theirs } };
  report.figure({
    ...{ figure: 'model_added_p50_ms', value, unit: 'ms' },
    target: { op: '<=', value: 0.6 },
    ...peer,
  });
}

async function gatewayAdds(model: string, directMs: number, report: Report) {
  const gateway = await startGateway(model);
  if ('why' in gateway) {
    report.note(`the gateway beside it is not measured: ${gateway.why}`);
    return undefined;
  }
  try {
    return (await gateway.p50Ms(QUESTIONS)) - directMs;
  } finally {
    await gateway.stop();
  }
}

async function measurePython({ folder, workers }: Bed, node: NodeProcess, report: Report) {
  const took: number[] = [];
  for (let at = 0; at < TRIES; at += 1) {
    const input = { began: Date.now() };
    const asked = { folder, path: workers.python, task: 'first_call', input };
    const { body } = await begin(node, asked);
    took.push(Number((await ended(node, body)).output));
  }
  report.note(
    'from asking for a run to the answer of its first step, interpreter and SDK included',
  );
  report.figure({
    ...{ figure: 'python_first_call_ms', value: median(took), unit: 'ms' },
    target: { op: '<=', value: 150 },
  });
}

/** Everything is killed while a run waits for a person; then it waits again, and nothing is new. */
async function measureResume(bed: Bed, first: NodeProcess, report: Report): Promise<NodeProcess> {
  const { folder, home, workers } = bed;
  const asked = { folder, path: workers.program, task: 'ask', input: { count: REPLAYED } };
  const { body } = await begin(first, asked);
  const question = await waits(first, body);
  const [whole, ready]: number[][] = [[], []];
  let node = first;
  for (let at = 0; at < TRIES; at += 1) {
    node.guardian.kill('SIGKILL');
    node.daemon.kill('SIGKILL');
    await Promise.all([exited(node.daemon), exited(node.guardian)]);
    const start = performance.now();
    node = new NodeProcess(home);
    await node.ready();
    const began = performance.now();
    const again = await waits(node, body);
    whole?.push((performance.now() - start) / 1000);
    ready?.push((performance.now() - began) / 1000);
    if (again !== question) throw new Error(`asked ${question}, and after a kill ${again}`);
  }
  report.note(
    `a run goes on by replay of ${REPLAYED} steps: from the node's start, and once it answers`,
  );
  report.figure({
    ...{ figure: 'resume_s', value: median(whole ?? []), unit: 's' },
    target: { op: '<=', value: 1 },
  });
  report.figure({ figure: 'resume_once_ready_s', value: median(ready ?? []), unit: 's' });
  // It would be one too many for whoever opens as many as there may be.
  await node.api('POST', `/v1/runs/${body.envelope.run_id}/cancel`);
  await until('it is over', async () => (await statusOf(node, body)).completion !== undefined);
  return node;
}

/** Each has read the time and asks a person; all of them are under way together. */
async function measureMany({ folder, workers }: Bed, node: NodeProcess, report: Report) {
  const start = performance.now();
  const asked = { folder, path: workers.guest, task: 'ask', input: { count: 1 } };
  const begun: Awaited<ReturnType<typeof begin>>[] = [];
  while (begun.length < MANY) {
    begun.push(...(await Promise.all(Array.from({ length: BATCH }, () => begin(node, asked)))));
  }
  const left = new Set(begun.map(({ body }) => body));
  let told = performance.now();
  const areWaiting = async (): Promise<boolean> => {
    for (const run of left) {
      if (performance.now() - told > TOLD_EVERY_MS) {
        told = performance.now();
        process.stderr.write(`runs: ${MANY - left.size} of ${MANY} wait\n`);
      }
      if ((await statusOf(node, run)).waiting.length === 0) return false;
      left.delete(run);
    }
    return true;
  };
  await until('all of them wait', areWaiting, PATIENCE_MS);
  const took = (performance.now() - start) / 1000;
  report.note(`${MANY} runs begun at once until each waits for a person, in ${took.toFixed(1)} s`);
  report.figure({
    ...{ figure: 'concurrent_runs', value: begun.length, unit: 'count' },
    target: { op: '>=', value: 1000 },
  });
}

type Measure = (bed: Bed, node: NodeProcess, report: Report) => Promise<unknown>;

const MEASURES: Readonly<Record<NodePart, Measure>> = {
  steps: measureSteps,
  'at-once': measureStepsAtOnce,
  models: measureModels,
  python: measurePython,
  resume: measureResume,
  many: measureMany,
};

type Asked = {
  readonly folder: string;
  readonly path: string;
  readonly task: string;
  readonly input: object;
};

async function begin(node: NodeProcess, { folder, ...asked }: Asked) {
  const workspace = join(folder, 'workspace');
  const body = { ...asked, workspace, unconfined: true };
  const { status, body: told } = await node.api('POST', '/v1/worker-runs', body);
  if (status !== 201) throw new Error(JSON.stringify(told));
  return { body: told as unknown as WorkerRunStatus };
}

async function statusOf(
  node: NodeProcess,
  { envelope }: WorkerRunStatus,
): Promise<WorkerRunStatus> {
  const { body } = await node.api('GET', `/v1/runs/${envelope.run_id}/inspect`);
  return body as unknown as WorkerRunStatus;
}

async function ended(node: NodeProcess, run: WorkerRunStatus): Promise<WorkerRunStatus> {
  const status = await until(
    'the run ends',
    async () => {
      await sleep(LOOK_MS);
      const now = await statusOf(node, run);
      return now.completion === undefined ? undefined : now;
    },
    PATIENCE_MS,
  );
  if (status.envelope.state !== 'completed') throw new Error(JSON.stringify(status));
  return status;
}

/** For which acts: after a kill the same, and no others. */
function waits(node: NodeProcess, run: WorkerRunStatus): Promise<string> {
  return until('it waits', async () => {
    const { waiting } = await statusOf(node, run);
    return waiting.length > 0 && waiting.join();
  });
}

async function outputOf(node: NodeProcess, asked: Asked): Promise<Record<string, unknown>> {
  const { body } = await begin(node, asked);
  return (await ended(node, body)).output as Record<string, unknown>;
}

function startModel(): Promise<Server> {
  const message = { role: 'assistant', content: 'an answer' };
  const usage = { prompt_tokens: 1, completion_tokens: 1 };
  const answer = { model: 'bench', choices: [{ message, finish_reason: 'stop' }], usage };
  const text = JSON.stringify(answer);
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json').end(text);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
