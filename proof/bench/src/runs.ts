import { GUEST_LIMITS } from '@ioi/workers';
import {
  Guest,
  type GuestEngine,
  GuestHost,
  type GuestTurn,
  loadGuestEngine,
} from '@ioi/workers/shell';
import { median, percentile } from './measure.ts';
import { packed } from './packed.ts';
import type { Report } from './report.ts';
import { NODE_PARTS } from './runs-parts.ts';

/** What `--part` takes: each by itself is a minute at most. */
export const PARTS = ['guest', ...NODE_PARTS];

const STEPS = 9000;
const HOST_STEPS = 2000;
const GUESTS = 30;
const FILE = `
  const schemas = { input: {}, output: {} };
  ioi.task('loop', schemas, async ({ rounds }, agent) => {
    let seen = 0;
    for (let at = 0; at < rounds; at += 1) seen += (await agent.memory.get('key')).value.length;
    return { seen };
  });`;

/** Each part, or those that are named. */
export async function run(report: Report, parts: readonly string[] = PARTS): Promise<void> {
  if (parts.includes('guest')) await measureGuest(report);
  const ofNode = NODE_PARTS.filter((part) => parts.includes(part));
  if (ofNode.length === 0) return;
  // What is measured is what is published; where programs are is read when this is loaded.
  process.env['IOI_BUILT'] ??= packed();
  const { runNode } = await import('./runs-node.ts');
  await runNode(report, ofNode);
}

/**
 * A worker in one file: what one step of it costs (its parameters out as JSON, checked, the answer
 * in as JSON, and on to its next), and how long an interpreter takes until its first step.
 */
async function measureGuest(report: Report): Promise<void> {
  const engine = await loadGuestEngine();
  const starts: number[] = [];
  for (let at = 0; at < GUESTS; at += 1) {
    const start = performance.now();
    await begin(engine, 1);
    starts.push(performance.now() - start);
  }
  const { guest } = await begin(engine, STEPS);
  const answer = JSON.stringify({ kind: 'done', output: { value: 'x'.repeat(64) } });
  const samples: number[] = [];
  let turn: GuestTurn = { steps: [] };
  for (let index = 0; index < STEPS; index += 1) {
    const start = performance.now();
    turn = guest.settle(index, answer);
    if (index >= STEPS / 3) samples.push((performance.now() - start) * 1000);
  }
  if (turn.end?.kind !== 'returned') throw new Error(`it ended otherwise: ${turn.end?.kind}`);
  const p50 = median(samples);
  report.note(`${STEPS} steps of one task, and ${GUESTS} interpreters`);
  report.figure({
    ...{ figure: 'wasm_call_us', value: p50, unit: 'us' },
    target: { op: '<=', value: 15 },
  });
  const p99 = percentile(samples, 0.99);
  report.figure({ figure: 'wasm_call_p99_us', value: p99, unit: 'us' });
  report.figure({ figure: 'wasm_start_ms', value: median(starts), unit: 'ms' });
  report.figure({ figure: 'wasm_thread_step_us', value: await threadStepUs(), unit: 'us' });
}

/** The same as a node has it: the guest in a thread, each step a message there and back. */
async function threadStepUs(): Promise<number> {
  const opened = await GuestHost.open({ name: 'worker.js', text: FILE }, { name: 'bench' });
  if (!opened.ok) throw new Error(opened.error.message);
  const { signal } = new AbortController();
  const takeStep = async () => ({ kind: 'done', output: { value: 'x' } }) as const;
  const start = performance.now();
  const input = { rounds: HOST_STEPS };
  const end = await opened.value.invoke({ task: 'loop', input, takeStep, signal });
  const us = ((performance.now() - start) / HOST_STEPS) * 1000;
  await opened.value.close();
  if (end.kind !== 'returned') throw new Error(`it ended otherwise: ${end.kind}`);
  return us;
}

async function begin(engine: GuestEngine, rounds: number) {
  const file = { name: 'worker.js', text: FILE };
  const opened = await Guest.open(engine, file, GUEST_LIMITS);
  if (!opened.ok) throw new Error(opened.error.message);
  const { guest } = opened.value;
  const first = guest.begin('loop', JSON.stringify({ rounds }));
  if (first.steps.length !== 1) throw new Error('it asked for no step');
  return { guest };
}
