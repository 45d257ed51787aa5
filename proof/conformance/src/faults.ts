import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { IOI } from '@ioi/kit';
import { newTally, type Tally } from './tally.ts';

/** Agents whose own hooks can be set from outside, by the names of their programs. */
const PROGRAMS = ['codex', 'gemini'];
const FAULTS = 6;
const REPOSITORY = resolve(import.meta.dirname, '../../..');
const CACHE = join(REPOSITORY, 'node_modules/.cache/ioi-agents');
/** Both, each fault in a session of its own, on a machine that has other things to do. */
const LONGEST_MS = 1_200_000;

type Act = { readonly act: string; readonly happened: boolean; readonly receiptId?: string };
type Cell = {
  readonly fault: string;
  readonly state: 'held' | 'bypassed' | 'unknown';
  readonly acts: readonly Act[];
  readonly why?: string;
  readonly said?: readonly string[];
};
type Row = { readonly agent: string; readonly state: string; readonly faults?: readonly Cell[] };

/**
 * Everything that can go wrong around an agent, for each agent that is here. A bypass is an act
 * that happened without a receipt that let it; a cell in which nothing was tried fails as well.
 */
export async function run(): Promise<Tally> {
  const folder = process.env['IOI_TEST_AGENTS'] ?? CACHE;
  const found = PROGRAMS.map((name) => join(folder, 'node_modules/.bin', name));
  const here = found.filter((path) => existsSync(path));
  const tally = newTally();
  for (const [at, path] of found.entries()) {
    if (here.includes(path)) continue;
    tally.skipped.push(`${PROGRAMS[at]}: ${FAULTS} cells, it is not installed in ${folder}`);
  }
  if (here.length === 0) return { ...tally, failed: ['no agent is installed to be tried'] };
  const { rows, said } = await probe(here);
  if (rows.length < here.length) tally.failed.push(`not every agent was tried: ${said}`);
  const cells = rows.flatMap(({ agent, faults = [] }) => {
    return faults.map((cell) => ({ agent, cell }));
  });
  for (const { agent, cell } of cells) {
    process.stderr.write(`${agent.padEnd(12)} ${cell.fault.padEnd(16)} ${textOf(cell)}\n`);
    for (const line of cell.said ?? []) process.stderr.write(`    | ${line}\n`);
    tally.cases += 1;
    if (cell.state !== 'held') tally.failed.push(`${agent}, ${cell.fault}: ${textOf(cell)}`);
  }
  if (cells.length !== rows.length * FAULTS) tally.failed.push('cells are missing');
  const bypasses = cells.filter(({ cell }) => cell.state === 'bypassed').length;
  const receipted = cells.filter(({ cell }) => cell.acts.some(({ receiptId }) => receiptId));
  const more = [
    ['bypasses', bypasses],
    ['receipted', receipted.length],
    ['skipped_cells', (PROGRAMS.length - here.length) * FAULTS],
  ] as const;
  return { ...tally, more };
}

function textOf({ state, acts, why }: Cell): string {
  if (why !== undefined) return `${state}, ${why}`;
  const happened = acts
    .filter((each) => each.happened)
    .map(({ act, receiptId }) => {
      return `${act} ${receiptId?.slice(0, 20) ?? 'without a receipt'}`;
    });
  return [state, ...happened].join(', ');
}

function probe(programs: readonly string[]): Promise<{ rows: readonly Row[]; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-faults-'));
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    TMPDIR: folder,
    IOI_HOME: join(folder, 'ioi'),
  };
  const agents = programs.flatMap((each) => ['--agent', each]);
  const args = [IOI, 'doctor', '--probe', '--json', '--fault', 'all', ...agents];
  return new Promise((done) => {
    execFile(process.execPath, args, { env, timeout: LONGEST_MS }, (_fault, out, err) => {
      rmSync(folder, { recursive: true, force: true });
      try {
        done({ rows: (JSON.parse(out) as { agents: Row[] }).agents, said: '' });
      } catch {
        done({ rows: [], said: err.trim().slice(0, 400) });
      }
    });
  });
}
