import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runAdded } from './guard-added.ts';
import { runOverhead } from './guard-overhead.ts';
import { median } from './measure.ts';
import { packed } from './packed.ts';
import type { Report } from './report.ts';

const CLI = fileURLToPath(new URL('../../../lib/apps/cli/src/main.js', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/ioi-agents', import.meta.url));
const ROUNDS = 3;
/** What `--part` takes. */
export const PARTS: readonly string[] = ['added', 'first', 'probe', 'overhead'];

/** How long somebody waits until something was stopped, as packed for users. */
export async function run(report: Report, parts: readonly string[] = PARTS): Promise<void> {
  packed();
  if (parts.includes('added')) await runAdded(report, CLI);
  if (parts.includes('first')) await firstBlock(report);
  if (parts.includes('probe')) await probes(report);
  if (parts.includes('overhead')) await runOverhead(report, CLI);
}

/** From the command to the line of the first act that was blocked, with a new node each time. */
async function firstBlock(report: Report): Promise<void> {
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const taken = await secondsToBlock();
    // The first fills the compile cache.
    if (round > 0) seconds.push(taken);
  }
  report.note(`${ROUNDS} warm runs of ioi demo, each with keys and a node of its own`);
  const target = { op: '<=', value: 3 } as const;
  report.figure({ figure: 'demo_first_block_s', value: median(seconds), unit: 's', target });
}

async function secondsToBlock(): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [CLI, 'demo', '--once', '--yes', '--json'], {
    // Without PATH no agent is found: the demo as everybody has it.
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seconds: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const { act } = JSON.parse(line) as { readonly act?: { readonly word: string } };
    if (act?.word === 'BLOCK') seconds ??= (performance.now() - start) / 1000;
  }
  if (seconds === undefined) throw new Error('the demo blocked nothing');
  return seconds;
}

type Probed = {
  readonly title: string;
  readonly state: 'green' | 'red' | 'unknown';
  readonly elapsedMs?: number;
  readonly why?: string;
};

/** From an agent's start to its verdict; a node of its own is up already. */
async function probes(report: Report): Promise<void> {
  const folder = process.env['IOI_TEST_AGENTS'] ?? CACHE;
  const path = [join(folder, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  await probedIn(path);
  const { agents, said } = await probedIn(path);
  if (agents.length === 0) report.note(`no agent was probed: ${said.trim()}`);
  for (const { title, state, elapsedMs = 0, why } of agents) {
    report.note(`${title}: ${state}, ${why ?? `${(elapsedMs / 1000).toFixed(2)} s`}`);
  }
  const green = agents.filter(({ state }) => state === 'green');
  if (green.length === 0) return report.note('probe_s_per_agent: not measured here');
  // Whoever waits waits for the slowest.
  const value = Math.max(...green.map(({ elapsedMs = 0 }) => elapsedMs / 1000));
  const target = { op: '<=', value: 3 } as const;
  report.figure({ figure: 'probe_s_per_agent', value, unit: 's', target });
}

async function probedIn(path: string) {
  const child = spawn(process.execPath, [CLI, 'doctor', '--probe', '--json'], {
    env: { PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const { agents } = JSON.parse(stdout || '{"agents":[]}') as { readonly agents: Probed[] };
  return { agents, said };
}
