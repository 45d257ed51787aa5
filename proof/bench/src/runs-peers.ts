import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { exited } from '@ioi/kit';
import { median } from './measure.ts';
import { freePort, missingPeer, peerFolder, peerModule } from './peers.ts';

const SERVICE = fileURLToPath(new URL('restate-service.ts', import.meta.url));
const START_MS = 60_000;
const AGAIN_MS = 200;
const LOOPBACK = '127.0.0.1';

/** Why a peer is not measured, or what it gives as long as it runs. */
type Started<T> = { readonly why: string } | ({ readonly stop: () => Promise<void> } & T);

export type StepsPeer = {
  /** Steps a second of so many runs at once, from the first step of any to the last. */
  readonly stepsPerSecond: (runs: number, each: number) => Promise<number>;
};

/** A server of durable steps as it comes, on one node: each step is kept before the next. */
export async function startRestate(): Promise<Started<StepsPeer>> {
  const built = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const why = missingPeer(built) ?? missingPeer('@restatedev/restate-sdk');
  if (why !== undefined) return { why };
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-restate-'));
  const [service, ingress, admin, node] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const environment = {
    ...{ RESTATE_INGRESS__BIND_ADDRESS: `${LOOPBACK}:${ingress}` },
    ...{ RESTATE_ADMIN__BIND_ADDRESS: `${LOOPBACK}:${admin}` },
    ...{ RESTATE_BIND_ADDRESS: `${LOOPBACK}:${node}`, DO_NOT_TRACK: '1' },
    ...{ RESTATE_LOG_FILTER: 'error', RESTATE_DISABLE_TELEMETRY: 'true' },
  };
  const server = join(peerFolder(built), 'bin/restate-server');
  const children = [
    start(process.execPath, [SERVICE, String(service), peerModule('@restatedev/restate-sdk')]),
    start(server, ['--base-dir', folder], environment),
  ];
  const stop = async (): Promise<void> => {
    await stopAll(children);
    rmSync(folder, { recursive: true, force: true });
  };
  const uri = `http://${LOOPBACK}:${service}`;
  const isUp = await answers(children, () =>
    post(`http://${LOOPBACK}:${admin}/deployments`, { uri }),
  );
  const at = `http://${LOOPBACK}:${ingress}/bench/steps`;
  if (!isUp || !(await answers(children, () => post(at, { count: 2 })))) {
    await stop();
    return { why: 'restate-server did not start' };
  }
  const stepsPerSecond = async (runs: number, count: number): Promise<number> => {
    const asked = Array.from({ length: runs }, () => post(at, { count }));
    const took = (await Promise.all(asked)) as { first: number; last: number }[];
    const began = Math.min(...took.map(({ first }) => first));
    const ended = Math.max(...took.map(({ last }) => last));
    return (runs * count * 1000) / (ended - began);
  };
  return { stop, stepsPerSecond };
}

export type ModelPeer = {
  /** Median milliseconds of a question by way of it. */
  readonly p50Ms: (questions: number) => Promise<number>;
};

/** A gateway of others before the same model; it decides, seals and keeps nothing. */
export async function startGateway(model: string): Promise<Started<ModelPeer>> {
  const why = missingPeer('@portkey-ai/gateway');
  if (why !== undefined) return { why };
  const port = await freePort();
  const program = join(peerFolder('@portkey-ai/gateway'), 'build/start-server.js');
  const children = [start(process.execPath, [program, `--port=${port}`, '--headless'])];
  const stop = () => stopAll(children);
  const headers = {
    ...{ 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${model}/v1` },
    authorization: 'Bearer none',
  };
  const ask = (at: number) => {
    const messages = [{ role: 'user', content: `question ${at}` }];
    const url = `http://${LOOPBACK}:${port}/v1/chat/completions`;
    return post(url, { model: 'bench', messages }, headers);
  };
  if (!(await answers(children, () => ask(0)))) {
    await stop();
    return { why: 'the gateway did not answer' };
  }
  const p50Ms = async (questions: number): Promise<number> => {
    const took: number[] = [];
    for (let at = 0; at < questions; at += 1) {
      const began = performance.now();
      await ask(at);
      took.push(performance.now() - began);
    }
    return median(took);
  };
  return { stop, p50Ms };
}

function start(command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, ...more };
  const child = spawn(command, [...args], { stdio: 'ignore', env });
  // Where it cannot be started at all: whoever waits for it sees that it has ended.
  child.on('error', () => {});
  return child;
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  const gone = children.filter(({ pid }) => pid !== undefined).map(exited);
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(gone);
}

/** False where one of them ends first, or for as long as that takes. */
async function answers(children: readonly ChildProcess[], ask: () => Promise<unknown>) {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (children.some(({ pid, exitCode }) => pid === undefined || exitCode !== null)) return false;
    const answer = await ask().then(
      () => true,
      () => false,
    );
    if (answer) return true;
    await sleep(AGAIN_MS);
  }
  return false;
}

async function post(url: string, body: object, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', ...more };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 200)}`);
  return JSON.parse(text) as unknown;
}
