import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ok } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { digestBytes } from '@ioi/canon';
import type { EndWorkerRun, WorkerRunAsked } from '@ioi/protocol';
import type { RunWithin } from './run-wanted.ts';
import type { WorkerRun } from './worker-run.ts';
import { WorkerRuns, type WorkerRunsOptions } from './worker-runs.ts';

const RUNS = 60;
/** Short enough to be on the heap, and not beside it. */
const INPUT_BYTES = 900_000;
/** All of them kept would be 54 MB. */
const GROWTH_MOST = 15_000_000;
const OWN: NonNullable<RunWithin['own']> = {
  step: {
    ...{ step_id: 'read', kind: 'tool', tool: 'read_text_file' },
    inputs: [{ name: 'path', type: 'text' }],
  },
  ...{ workflow: 'workflow://one', contract_hash: digestBytes('contract') },
  ...{ server: 'files', tool: 'read_text_file' },
};

/** Where contents are: outside of the heap, as on a disk. */
class Kept {
  readonly texts = new Map<string, Buffer>();
  readonly ended: EndWorkerRun[] = [];
  readonly isKept: boolean;
  readonly needed = new Set<string>();
  /** What reading them comes to. */
  fault: Error | undefined;
  isDamaged = false;

  constructor(isKept = true) {
    this.isKept = isKept;
  }

  runs(t: TestContext): { readonly runs: WorkerRuns; readonly workspace: string } {
    const folder = mkdtempSync(join(tmpdir(), 'ioi-queued-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const workspace = join(folder, 'workspace');
    for (const name of ['workspace', 'home', 'home/data']) mkdirSync(join(folder, name));
    const output = (_: unknown, value: unknown) => {
      const text = JSON.stringify(value);
      const commitment = digestBytes(text);
      if (!this.isKept) return { commitment };
      this.texts.set(commitment, Buffer.from(text));
      return { commitment, put: { digests: [commitment], beside: [] } };
    };
    const text = (digest: string) => {
      if (this.fault !== undefined) throw this.fault;
      return this.texts.get(digest)?.toString('latin1');
    };
    const submit = async (operation: string, payload: EndWorkerRun) => {
      if (operation.endsWith('/end')) this.ended.push(payload);
      return ok({});
    };
    const nothing = (): void => {};
    const given = {
      ...{ nodeId: '1f'.repeat(16), home: join(folder, 'home'), log: nothing },
      reader: { chainTime: () => 1n, get: () => undefined, find: () => [], allOf: () => [] },
      contents: {
        ...{ output, text, settle: nothing, isDamaged: () => this.isDamaged },
        need: (digest: string) => this.needed.add(digest),
        letGo: (digest: string) => this.needed.delete(digest),
      },
      writer: { submit },
      boundary: { arrived: nothing, left: nothing, denied: nothing, mayBeAsked: () => false },
      events: { emit: nothing },
      ...{ servers: { find: () => undefined }, routing: () => ({}) },
    };
    return { runs: new WorkerRuns(given as unknown as WorkerRunsOptions), workspace };
  }
}

/** One that a person holds, so that it waits for its turn. */
async function queued(runs: WorkerRuns, workspace: string, at: number): Promise<WorkerRun> {
  runs.say(idOf(at), 'paused');
  return begun(runs, workspace, at);
}

const idOf = (at: number): string => `run_${String(at).padStart(32, '0')}`;

async function begun(runs: WorkerRuns, workspace: string, at: number): Promise<WorkerRun> {
  const runId = idOf(at);
  const path = Buffer.alloc(INPUT_BYTES, `${at} `).toString('latin1');
  const asked = { input: { path }, workspace } as WorkerRunAsked;
  const within = { capabilities: [], scopes: [], labels: [], isCopy: true, own: OWN };
  const opened = await runs.open(asked, { ...within, runId });
  assert.ok(opened.ok, JSON.stringify(opened));
  return opened.value;
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().heapUsed;
}

test('what runs that wait were given is not in memory', async (t) => {
  const kept = new Kept();
  const { runs, workspace } = kept.runs(t);
  const first = await queued(runs, workspace, 0);
  const before = heapUsed();
  const others: WorkerRun[] = [];
  for (let at = 1; at <= RUNS; at += 1) others.push(await queued(runs, workspace, at));
  const growth = heapUsed() - before;
  assert.ok(growth < GROWTH_MOST, `${RUNS} inputs of ${INPUT_BYTES} bytes take ${growth}`);
  for (const { run } of [first, ...others]) assert.equal(run.state, 'paused');
  assert.equal(kept.texts.size, RUNS + 1);
});

test('one whose input is not kept any more ends by that name when it is its turn', async (t) => {
  const kept = new Kept();
  const { runs, workspace } = kept.runs(t);
  const run = await queued(runs, workspace, 0);
  assert.deepEqual([...kept.needed], [run.opened.input_commitment]);
  kept.texts.clear();
  runs.say(run.opened.run_id, 'resumed');
  await run.over;
  assert.equal(kept.ended[0]?.code, 'run.record_lost');
  assert.equal(kept.needed.size, 0, 'whoever forgets it is not refused any more');
});

test('one whose input is damaged ends by that name', async (t) => {
  const kept = new Kept();
  const { runs, workspace } = kept.runs(t);
  const run = await queued(runs, workspace, 0);
  kept.texts.clear();
  kept.isDamaged = true;
  runs.say(run.opened.run_id, 'resumed');
  await run.over;
  assert.equal(kept.ended[0]?.code, 'run.record_damaged');
});

test('one whose input cannot be read now says so, and takes no other run with it', async (t) => {
  const kept = new Kept();
  const { runs, workspace } = kept.runs(t);
  const run = await queued(runs, workspace, 0);
  kept.fault = new Error('bucket.unreachable');
  runs.say(run.opened.run_id, 'resumed');
  await run.over;
  assert.equal(kept.ended[0]?.code, 'run.record_unreadable');
});

test('one that begins at once has its input at hand, and nothing is read for it', async (t) => {
  const kept = new Kept();
  const { runs, workspace } = kept.runs(t);
  kept.fault = new Error('ENOSPC: what is put is written first');
  await begun(runs, workspace, 0);
  await until('it ended', async () => kept.ended.length > 0);
  assert.notEqual(kept.ended[0]?.code, 'run.record_lost');
});

test('where contents are not kept an input is held until its turn', async (t) => {
  const kept = new Kept(false);
  const { runs, workspace } = kept.runs(t);
  const run = await queued(runs, workspace, 0);
  runs.say(run.opened.run_id, 'resumed');
  await until('it ended', async () => kept.ended.length > 0);
  assert.notEqual(kept.ended[0]?.code, 'run.record_lost');
});
