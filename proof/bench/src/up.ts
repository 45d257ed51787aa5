import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeHome, overChannel, SealedDomain } from '@ioi/kit';
import { domainNameOf } from '@ioi/law';
import { sampleService, serviceClass } from '@ioi/law/testing';
import { median } from './measure.ts';
import { packed } from './packed.ts';
import type { Report } from './report.ts';
import { load, must } from './sealed-load.ts';

const CLI = fileURLToPath(new URL('../../../lib/apps/cli/src/main.js', import.meta.url));
const ROUNDS = 7;
const DOMAIN = 'agentgres://domain/million.example';
const OBJECTS = 1_000_000;
const ROUNDS_FILLED = 3;

/**
 * `ioi up` on an empty node, as packed for users: until it says it is ready, and what our
 * processes hold then.
 */
export async function run(report: Report): Promise<void> {
  packed();
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
  await withObjects(report);
}

/** The same with a million objects in a domain, and how long the domain then takes to open. */
async function withObjects(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  try {
    await makeHome(home, []);
    await fill(home);
    const lives: Life[] = [];
    for (let round = 0; round <= ROUNDS_FILLED; round += 1) {
      const life = await oneLife(home, () => openDomain(home));
      if (round > 0) lives.push(life);
    }
    const target = { op: '<=', value: 1 } as const;
    const seconds = median(lives.map((life) => life.seconds));
    report.figure({ figure: 'ready_warm_s@1M', value: seconds, unit: 's', target });
    report.note(`a domain of ${OBJECTS} objects opens when it is first asked for`);
    const opened = median(lives.map((life) => life.asked));
    report.figure({ figure: 'domain_open_s@1M', value: opened, unit: 's' });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function fill(home: string): Promise<void> {
  const sealed = new SealedDomain(home);
  try {
    const node = await sealed.openNode();
    await must(node, overChannel('domain/open', { domain_id: DOMAIN }));
    const writer = await sealed.open(DOMAIN);
    await must(writer, overChannel('objects/class.define', serviceClass));
    const next = (at: number) => overChannel('objects/put', sampleService(at));
    await load(writer, OBJECTS, { writers: 1024, next });
  } finally {
    await sealed.close();
  }
}

/** Answers once the domain is open. */
function openDomain(home: string): Promise<void> {
  const path = `/v1/domains/${domainNameOf(DOMAIN)}`;
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(home, 'run', 'daemon.sock'), path }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${path} answered ${answer.statusCode}`));
      });
    });
    asked.once('error', reject).end();
  });
}

type Life = { readonly seconds: number; readonly megabytes: number; readonly asked: number };

/** Seconds until it is ready, and until what was asked then is answered. */
async function oneLife(home: string, ask?: () => Promise<void>): Promise<Life> {
  const env = { ...process.env, IOI_HOME: home };
  const start = performance.now();
  const child = spawn(process.execPath, [CLI, 'up'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await firstLine(child);
  const seconds = (performance.now() - start) / 1000;
  const megabytes = residentMegabytes(child.pid ?? 0);
  const ready = performance.now();
  await ask?.();
  const asked = (performance.now() - ready) / 1000;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
  return { seconds, megabytes, asked };
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
