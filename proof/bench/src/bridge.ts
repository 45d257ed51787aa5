import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { IOI, SupervisedNode } from '@ioi/kit';
import { measureArchive } from './archive.ts';
import { measureNative } from './bridge-native.ts';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const SESSIONS = 64;
const SECONDS = 5;
const RUNS = 3;
/** The first entries of any node tell of itself: they are in the audit. */
const SELECT =
  '\\set seq random(0, 20)\nSELECT seq, event, _seq FROM node.audit WHERE seq = :seq;\n';

/**
 * What leaves a node in an archive and comes back; and what Debian's pgbench reads of a node over
 * its bridge, by prepared statements.
 */
export async function run(report: Report): Promise<void> {
  await measureArchive(report);
  if (spawnSync('pgbench', ['--version']).status !== 0) {
    report.note('no pgbench: install postgresql');
    return;
  }
  const node = await SupervisedNode.start();
  const bridge = spawn(process.execPath, [IOI, 'bridge', 'serve', '--port', '0', '--json'], {
    env: { IOI_HOME: node.home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const script = join(node.folder, 'select.sql');
  writeFileSync(script, SELECT);
  try {
    const url = new URL((await firstLine(bridge)).url);
    const env = {
      PATH: process.env['PATH'] ?? '',
      PGHOST: url.hostname,
      PGPORT: url.port,
      PGUSER: url.username,
      PGDATABASE: 'postgres',
      PGSSLMODE: 'disable',
      PGPASSWORD: readFileSync(join(node.home, 'bridge', 'password'), 'utf8').trim(),
    };
    const rates = Array.from({ length: RUNS }, () => selectsPerSecond(script, env));
    report.note(`${SESSIONS} sessions of pgbench for ${SECONDS} s, by key, without TLS`);
    report.figure({
      figure: 'selects_per_s_embedded',
      value: median(rates),
      unit: '1/s',
      target: { op: '>=', value: 5_000 },
    });
  } finally {
    bridge.kill();
    await once(bridge, 'exit');
  }
  try {
    await measureNative(report, node, (env) => selectsPerSecond(script, env));
  } finally {
    await node.stop();
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<{ url: string }> {
  const lines = createInterface({ input: stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line) as { url: string };
}

function selectsPerSecond(script: string, env: Record<string, string>): number {
  const flags = ['-n', '-M', 'prepared', '-c', String(SESSIONS), '-T', String(SECONDS)];
  const ran = spawnSync('pgbench', [...flags, '-f', script], { env, encoding: 'utf8' });
  const [, rate] = /tps = ([0-9.]+)/.exec(ran.stdout) ?? [];
  if (rate === undefined) throw new Error(ran.stderr.slice(0, 1_000));
  return Number(rate);
}
