import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeHome } from '@ioi/kit';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const PACK = fileURLToPath(new URL('../../../tools/pack/src/main.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../../lib/apps/cli/src/main.js', import.meta.url));
const ROUNDS = 7;

/**
 * `ioi up` on an empty node, as packed for users: until it says it is ready, and what our
 * processes hold then.
 */
export async function run(report: Report): Promise<void> {
  const packed = spawnSync(process.execPath, ['--no-warnings', PACK], { encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  try {
    await makeHome(home, []);
    const seconds: number[] = [];
    const megabytes: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const life = await oneLife(home);
      // The first writes genesis and fills the compile cache.
      if (round === 0) continue;
      seconds.push(life.seconds);
      megabytes.push(life.megabytes);
    }
    report.note(`${ROUNDS} warm starts of supervisor, guardian and daemon`);
    const target = { op: '<=', value: 1 } as const;
    report.figure({ figure: 'ready_warm_s', value: median(seconds), unit: 's', target });
    const most = { op: '<=', value: 250 } as const;
    report.figure({ figure: 'rss_mb', value: median(megabytes), unit: 'MB', target: most });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function oneLife(home: string): Promise<{ seconds: number; megabytes: number }> {
  const env = { ...process.env, IOI_HOME: home };
  const start = performance.now();
  const child = spawn(process.execPath, [CLI, 'up'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await firstLine(child);
  const seconds = (performance.now() - start) / 1000;
  const megabytes = residentMegabytes(child.pid ?? 0);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
  return { seconds, megabytes };
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`ioi up ended with ${code}`)));
  });
}

/** Resident memory of a process and everything below it. */
function residentMegabytes(root: number): number {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const ours = new Set([root]);
  for (let before = 0; before !== ours.size; ) {
    before = ours.size;
    for (const [pid = 0, parent = 0] of rows) if (ours.has(parent)) ours.add(pid);
  }
  const kilobytes = rows.reduce((sum, [pid = 0, , rss = 0]) => sum + (ours.has(pid) ? rss : 0), 0);
  return kilobytes / 1024;
}
