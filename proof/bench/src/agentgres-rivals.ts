import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { missingPeer, peerModule } from './peers.ts';
import type { Report } from './report.ts';
import { appendsPerSecond } from './rival-appends.ts';

const EMMETT = fileURLToPath(new URL('./emmett-appends.ts', import.meta.url));
const APPENDS = 10_000;
const TEXT = 'x'.repeat(480);

type Hypercore = {
  ready(): Promise<void>;
  append(block: Buffer): Promise<unknown>;
  close(): Promise<void>;
};

/** Event stores that rivals are built on, with as many writers, each append on its own. */
export async function rivals(report: Report, writers: number): Promise<void> {
  const missing = missingPeer('hypercore');
  if (missing !== undefined) return report.note(`rivals not measured: ${missing}`);
  await hypercore(report, writers);
  await emmett(report, writers);
}

/** Merkle roots and one signature, and nothing on the disk when an append returns. */
async function hypercore(report: Report, writers: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  const module = (await import(peerModule('hypercore'))) as {
    default: new (folder: string) => Hypercore;
  };
  const core = new module.default(folder);
  await core.ready();
  const block = Buffer.from(JSON.stringify({ text: TEXT }));
  const perSecond = await appendsPerSecond(APPENDS, writers, () => core.append(block));
  await core.close();
  rmSync(folder, { recursive: true, force: true });
  report.note('hypercore answers before anything is flushed to the disk');
  report.figure({ figure: `hypercore_appends_per_s@${writers}`, value: perSecond, unit: '1/s' });
}

/** Streams in PostgreSQL, each append durable; no proofs. */
async function emmett(report: Report, writers: number): Promise<void> {
  const absent = whyNoPostgres();
  if (absent !== undefined) return report.note(`emmett-postgresql not measured: ${absent}`);
  const server = await PostgresServer.start();
  try {
    const told = [peerModule('@event-driven-io/emmett-postgresql'), server.url()];
    const args = [EMMETT, ...told, String(APPENDS), String(writers), TEXT];
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...args]);
    const value = Number(stdout);
    report.figure({ figure: `emmett_appends_per_s@${writers}`, value, unit: '1/s' });
  } finally {
    await server.remove();
  }
}
