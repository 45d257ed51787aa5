import { createWriteStream, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { notCosigned } from './cosigned.ts';
import { CommandFault, messageOf, usageFault } from './fault.ts';
import { problemOf, textOf } from './local-http.ts';
import type { DaemonApi } from './node-api.ts';

const PATIENCE_MS = 15_000;
const POLL_MS = 60;
const UNAVAILABLE = 503;

/**
 * Writes the export and says how many bytes. A file appears under its name only when it is whole,
 * and replaces another only when that was asked for.
 */
export async function saveExport(daemon: DaemonApi, out: string, force: boolean): Promise<number> {
  const answer = await openExport(daemon);
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  if (out === '-') {
    await pipeline(answer, process.stdout, { end: false });
    return bytes;
  }
  const part = `${out}.${process.pid}.part`;
  try {
    await pipeline(answer, createWriteStream(part, { flags: 'wx', mode: 0o600 }));
    if (force) renameSync(part, out);
    else linkSync(part, out);
    return bytes;
  } catch (fault) {
    throw notWritten(out, fault as NodeJS.ErrnoException);
  } finally {
    rmSync(part, { force: true });
  }
}

/** Beside an export: the newest checkpoint that witnesses cosigned. */
export function witnessedPath(out: string): string {
  return `${out}.witnessed`;
}

/** Only beside a file that was just written, so what is there belongs to an older one. */
export function saveWitnessed(out: string, note: string | undefined): void {
  const path = witnessedPath(out);
  if (note === undefined) rmSync(path, { force: true });
  else writeFileSync(path, note, { mode: 0o600 });
}

/** Waits for the cosignature: an export without it would verify as provisional only. */
async function openExport(daemon: DaemonApi): Promise<IncomingMessage> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await daemon.export();
    if (answer.statusCode === 200) return answer;
    const problem: unknown = JSON.parse((await textOf(answer)) || '{}');
    if (answer.statusCode !== UNAVAILABLE) throw problemOf(problem, answer.statusCode ?? 0);
    if (performance.now() > deadline) throw notCosigned();
    await sleep(POLL_MS);
  }
}

function notWritten(out: string, fault: NodeJS.ErrnoException): CommandFault {
  if (fault.code === 'EEXIST') {
    return usageFault(`${out} is there already`, 'the same command with --force');
  }
  const message = `the export was not written: ${messageOf(fault)}`;
  return new CommandFault({ exit: 'unexpected', code: 'export.not_written', message });
}
