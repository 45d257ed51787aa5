import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import { processesNaming, until } from '@ioi/basis/testing';
import { exited, makeHome, NodeProcess, PASSPHRASE } from '@ioi/kit';
import type { RunEnvelope, WorkerRunStatus } from '@ioi/protocol';
import { audit } from './audit.ts';
import { ChaosModel } from './chaos-model.ts';
import { chaosWorkers } from './chaos-worker.ts';
import { appendContract, LEDGER } from './crash.ts';
import { type Evidence, type Progress, sleep } from './evidence.ts';

export type ChaosOptions = {
  readonly runs: number;
  /** How many of them begin in one life of the node. */
  readonly runsALife?: number;
  readonly seed: number;
  readonly onProgress?: Progress;
};

const RUNS_A_LIFE = 8;
const ROUNDS = 4;
/** Longest until somebody is killed, from when the runs of a life are begun. */
const WINDOW_MS = 500;
const MOST_OPEN = 24;
/** In which a run may end: what each says of why is in the log. */
const ENDS = /^(worker\.died|worker\.no_hello|run\.act_unknown|run\.cancelled|guest\..*)$/;
/** How often a person looks, who approves all that waits. */
const LOOK_MS = 100;

const POLICY = JSON.stringify({
  policy_id: 'chaos',
  rules: [
    { target: 'fs::write', conditions: { allow_paths: ['*-1.txt'] }, action: 'REQUIRE_APPROVAL' },
    ...['ledger::append', 'fs::write', 'model::invoke'].map((target) => {
      return { target, conditions: {}, action: 'ALLOW' };
    }),
  ],
});

/**
 * Runs of workers while the node, workers and their model are killed at random, and a person
 * approves, holds and cancels: every effect happens at most once, every run ends, and the log says
 * how and why.
 */
export async function runChaos(options: ChaosOptions): Promise<Evidence> {
  const { runs, runsALife = RUNS_A_LIFE, seed, onProgress } = options;
  const random = seededRandom(seed);
  const world = await prepareWorld();
  await world.model.start();
  try {
    const began: string[] = [];
    for (let life = 0; began.length < runs; life += 1) {
      const wanted = Math.min(runsALife, runs - began.length);
      began.push(...(await oneLife(world, { random, life, wanted })));
      onProgress?.(began.length, runs, 'runs');
    }
    return await lastLife(world, began);
  } finally {
    await world.model.kill();
  }
}

/** `stop`: the node is asked to end, as by whoever upgrades it. */
const VICTIMS = ['daemon', 'both', 'worker', 'model', 'stop'] as const;

type World = {
  readonly home: string;
  readonly workspace: string;
  readonly ledger: string;
  readonly workers: readonly string[];
  readonly model: ChaosModel;
  readonly kills: Record<(typeof VICTIMS)[number], number>;
};

async function prepareWorld(): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-chaos-'));
  const folder = mkdtempSync(join(tmpdir(), 'ioi-chaos-work-'));
  const workspace = join(folder, 'workspace');
  const ledger = join(folder, 'ledger.txt');
  mkdirSync(workspace);
  writeFileSync(ledger, '');
  const model = new ChaosModel();
  await model.start();
  const server = {
    name: 'ledger',
    command: process.execPath,
    args: [LEDGER],
    env: { LEDGER: ledger },
    contracts: [appendContract()],
  };
  const models = { chaos: [{ provider: 'openai', model: 'chaos', url: model.url }] };
  await makeHome(home, [server], [], { models });
  await model.kill();
  const node = new NodeProcess(home);
  try {
    await node.ready();
    const activated = await node.activate(POLICY);
    if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
  } finally {
    await node.stop();
  }
  const kills = { daemon: 0, both: 0, worker: 0, model: 0, stop: 0 };
  return { home, workspace, ledger, workers: chaosWorkers(folder), model, kills };
}

type Life = { readonly random: SeededRandom; readonly life: number; readonly wanted: number };

/** From the start of a node to its SIGKILL; the runs that it said were begun. */
async function oneLife(world: World, { random, life, wanted }: Life): Promise<string[]> {
  const node = new NodeProcess(world.home);
  await node.ready();
  const began: string[] = [];
  const beginning = begin(world, node, { life, wanted, began }).catch(() => {});
  const approving = setInterval(() => void approve(node).catch(() => {}), LOOK_MS);
  // Each is killed in one of so many lives.
  const first = VICTIMS[life % VICTIMS.length] ?? 'both';
  // Some lives end while their runs begin.
  const isEarly = random.below(4) === 0;
  if (!isEarly) await until('runs have begun', async () => began.length >= wanted / 2);
  void say(node, began, random).catch(() => {});
  await sleep(random.below(WINDOW_MS));
  world.kills[first] += 1;
  if (first === 'model') await world.model.kill();
  if (first === 'worker') killWorkers(world);
  if (first === 'worker' || first === 'model') await sleep(random.below(WINDOW_MS));
  if (first === 'model') await world.model.start();
  await endLife(node, first);
  clearInterval(approving);
  await beginning;
  return began;
}

async function endLife(node: NodeProcess, first: (typeof VICTIMS)[number]): Promise<void> {
  if (first === 'stop') return node.stop();
  if (first !== 'daemon') node.guardian.kill('SIGKILL');
  node.daemon.kill('SIGKILL');
  if (first === 'daemon') node.guardian.kill('SIGKILL');
  await Promise.all([exited(node.daemon), exited(node.guardian)]);
}

async function approve(node: NodeProcess): Promise<void> {
  const { body } = await node.guardianApi('GET', '/pending');
  for (const { request_hash } of (body['pending'] ?? []) as { request_hash: string }[]) {
    await node.guardianApi('POST', '/approve', { request_hash, passphrase: PASSPHRASE });
  }
}

/** Of two runs one is held and the other cancelled, in some lives. */
async function say(node: NodeProcess, began: readonly string[], random: SeededRandom) {
  const [held, cancelled] = began;
  const [holds, cancels] = [random.below(3) === 0, random.below(3) === 0];
  if (holds && held) await node.api('POST', `/v1/runs/${held}/pause`);
  if (cancels && cancelled) await node.api('POST', `/v1/runs/${cancelled}/cancel`);
}

function killWorkers({ workers: [own = ''] }: World): void {
  for (const pid of processesNaming(own)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

type Beginning = { readonly life: number; readonly wanted: number; readonly began: string[] };

async function begin(
  { workers, workspace }: World,
  node: NodeProcess,
  { life, wanted, began }: Beginning,
): Promise<void> {
  const starting = Array.from({ length: wanted }, async (_, at) => {
    await until('there is room', async () => (await openRuns(node)).length < MOST_OPEN);
    const path = workers[at % workers.length];
    const input = { id: `${life}-${at}`, rounds: ROUNDS };
    const asked = { path, input, workspace, unconfined: true };
    const { status, body } = await node.api('POST', '/v1/worker-runs', asked);
    if (status === 201) began.push((body as unknown as WorkerRunStatus).envelope.run_id);
  });
  await Promise.allSettled(starting);
}

async function openRuns(node: NodeProcess): Promise<RunEnvelope[]> {
  const { body } = await node.api('GET', '/v1/worker-runs');
  const { runs } = body as unknown as { readonly runs: readonly RunEnvelope[] };
  return runs.filter(({ state }) => !/^(completed|failed|cancelled)$/.test(state));
}

/** Nothing is killed any more: every run ends, and is held against the world outside. */
async function lastLife(world: World, began: readonly string[]): Promise<Evidence> {
  const { home, workspace, ledger, model, kills } = world;
  const node = new NodeProcess(home);
  try {
    await node.ready();
    await until('every run has ended', async () => {
      await approve(node);
      const open = await openRuns(node);
      const held = open.filter(({ state }) => state === 'paused');
      for (const { run_id } of held) await node.api('POST', `/v1/runs/${run_id}/resume`);
      return open.length === 0;
    });
    const findings: string[] = [];
    const acknowledged: string[] = [];
    const states: Record<string, number> = { completed: 0, failed: 0 };
    for (const id of began) {
      const { body } = await node.api('GET', `/v1/runs/${id}/inspect`);
      const status = body as unknown as WorkerRunStatus;
      const { state } = status.envelope;
      states[state] = (states[state] ?? 0) + 1;
      findings.push(...unexplained(id, status));
      acknowledged.push(...((status.output as { done?: string[] } | undefined)?.done ?? []));
    }
    const unexplainedRuns = findings.length;
    for (const [question, times] of model.asked) {
      if (times > 1) findings.push(`${question} was asked ${times} times`);
    }
    const asked = acknowledged.filter((name) => name.startsWith('ask-'));
    for (const name of asked) if (!model.asked.has(name)) findings.push(`${name} was never asked`);
    const text = String((await node.api('GET', '/v1/export')).body['text']);
    const lines = readFileSync(ledger, 'utf8').split('\n').filter(Boolean);
    const seen = acknowledged.filter((name) => !name.startsWith('ask-'));
    const audited = audit({ text, ledger: lines, acknowledged: seen, workspace });
    findings.push(...audited.findings);
    if (findings.length === 0) node.removeHome();
    const killed = Object.fromEntries(Object.entries(kills).map(([who, n]) => [`kills_${who}`, n]));
    const counts = { ...audited.counts, ...states, ...killed, questions: model.asked.size };
    return {
      findings,
      counts: { runs: began.length, runs_unexplained: unexplainedRuns, ...counts },
    };
  } finally {
    await node.stop();
  }
}

/** What is wrong with how a run ended; nothing where the log says why. */
function unexplained(
  id: string,
  { envelope, completion, commitment, code }: WorkerRunStatus,
): string[] {
  if (completion === undefined || commitment === undefined) return [`${id} has no Commitment`];
  if (completion.state !== envelope.state)
    return [`${id} is ${envelope.state}, not what is sealed`];
  const { provider_selection_commit, verification_commit, evidence_commit_hash } = completion;
  if (envelope.state === 'completed') {
    const markers = [provider_selection_commit, verification_commit, evidence_commit_hash];
    return markers.every(Boolean) ? [] : [`${id} is completed without a marker`];
  }
  return ENDS.test(code ?? '') ? [] : [`${id} is ${envelope.state} by ${code}`];
}
