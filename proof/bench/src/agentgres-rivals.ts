import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import type { Report } from './report.ts';

/** Not of the workspace: nobody who only uses the project installs 200 MB of rivals. */
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
const APPENDS = 10_000;
const BODY = { text: 'x'.repeat(480) };

type Hypercore = {
  ready(): Promise<void>;
  append(block: Buffer): Promise<unknown>;
  close(): Promise<void>;
};

type Emmett = {
  getPostgreSQLEventStore(url: string): {
    appendToStream(stream: string, events: readonly object[]): Promise<unknown>;
    close(): Promise<void>;
  };
};

/** Event stores that rivals are built on, with as many writers, each append on its own. */
export async function rivals(report: Report, writers: number): Promise<void> {
  const missing = install();
  if (missing !== undefined) return report.note(`rivals not measured: ${missing}`);
  await hypercore(report, writers);
  await emmett(report, writers);
}

/** Why they are not there; undefined when they are. */
function install(): string | undefined {
  if (existsSync(join(PEERS, 'node_modules'))) return undefined;
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, stderr } = spawnSync('npm', options, { cwd: PEERS, encoding: 'utf8' });
  return status === 0 ? undefined : `npm ci in proof/bench/peers: ${stderr.slice(0, 200)}`;
}

async function load(name: string): Promise<unknown> {
  const require = createRequire(join(PEERS, 'package.json'));
  return import(pathToFileURL(require.resolve(name)).href);
}

/** Merkle roots and one signature, and nothing on the disk when an append returns. */
async function hypercore(report: Report, writers: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  const module = (await load('hypercore')) as { default: new (folder: string) => Hypercore };
  const core = new module.default(folder);
  await core.ready();
  const block = Buffer.from(JSON.stringify(BODY));
  const perSecond = await appends(writers, () => core.append(block));
  await core.close();
  rmSync(folder, { recursive: true, force: true });
  report.note('hypercore answers before anything is flushed to the disk');
  report.figure({ figure: `hypercore_appends_per_s@${writers}`, value: perSecond, unit: '1/s' });
}

/** Streams in PostgreSQL, each append durable; no proofs. */
async function emmett(report: Report, writers: number): Promise<void> {
  const absent = whyNoPostgres();
  if (absent !== undefined) return report.note(`emmett-postgresql not measured: ${absent}`);
  const { getPostgreSQLEventStore } = (await load('@event-driven-io/emmett-postgresql')) as Emmett;
  const server = await PostgresServer.start();
  const store = getPostgreSQLEventStore(server.url());
  try {
    await store.appendToStream('first', [{ type: 'put', data: BODY }]);
    const perSecond = await appends(writers, (writer) =>
      store.appendToStream(`stream-${writer}`, [{ type: 'put', data: BODY }]),
    );
    report.figure({ figure: `emmett_appends_per_s@${writers}`, value: perSecond, unit: '1/s' });
  } finally {
    await store.close();
    await server.remove();
  }
}

/** Appends a second, every writer with one under way. */
async function appends(
  writers: number,
  append: (writer: number) => Promise<unknown>,
): Promise<number> {
  let left = APPENDS;
  const start = performance.now();
  const one = async (_: unknown, writer: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await append(writer);
    }
  };
  await Promise.all(Array.from({ length: writers }, one));
  return APPENDS / ((performance.now() - start) / 1000);
}
