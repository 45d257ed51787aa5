import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeUtf8, type SeededRandom, seededRandom } from '@ioi/basis';
import { exited, makeHome, NodeProcess } from '@ioi/kit';
import { commitSummaryOf } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import { verify } from '@ioi/verifier';

const LIFE = fileURLToPath(new URL('./domain-life.ts', import.meta.url));
const BASE = '/v1/domains/evidence.example';
/** Longest a life lasts from its first acknowledgement, in milliseconds. */
const LIFE_MS = 120;
const START_MS = 700;

export type KillReport = {
  readonly findings: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
};

/**
 * Kills writer and guardian of a domain again and again, at random points, and then holds what
 * was acknowledged against what the log says, with a verifier that shares nothing with either.
 */
export async function runKills(options: {
  readonly kills: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}): Promise<KillReport> {
  const random = seededRandom(options.seed);
  const home = mkdtempSync(join(tmpdir(), 'ioi-kills-'));
  await makeHome(home, []);
  const acknowledged: string[] = [];
  for (let life = 0; life < options.kills; life += 1) {
    acknowledged.push(...(await oneLife(home, life, random)));
    options.onProgress?.(life + 1);
  }
  const node = new NodeProcess(home);
  try {
    await node.ready();
    let exported = await node.api('GET', `${BASE}/export`);
    // The cosignature of a log that was opened a moment ago may not be there yet.
    for (let again = 0; exported.status === 503 && again < 20; again += 1) {
      await sleep(250);
      exported = await node.api('GET', `${BASE}/export`);
    }
    const text = String(exported.body['text'] ?? JSON.stringify(exported.body));
    return audit(text, acknowledged);
  } finally {
    await node.stop('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}

/** Ids that a client was told are sealed, until both processes were killed. */
async function oneLife(home: string, life: number, random: SeededRandom): Promise<string[]> {
  const child = fork(LIFE, [home, String(life), '16'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const told: string[] = [];
  let guardian = 0;
  const first = new Promise<void>((resolve) => {
    child.on('message', (message: { sealed?: string; guardian?: number }) => {
      if (message.guardian !== undefined) guardian = message.guardian;
      if (message.sealed === undefined) return;
      told.push(message.sealed);
      resolve();
    });
  });
  // Some lives end while they start.
  const isShort = random.below(4) === 0;
  await (isShort ? sleep(random.below(START_MS)) : Promise.race([first, exited(child)]));
  if (!isShort) await sleep(random.below(LIFE_MS));
  const guardianFirst = random.below(2) === 0;
  if (guardianFirst) kill(guardian);
  child.kill('SIGKILL');
  kill(guardian);
  await exited(child);
  await gone(guardian, child);
  return told;
}

function audit(text: string, acknowledged: readonly string[]): KillReport {
  const findings: string[] = [];
  const report = verify([encodeUtf8(text)]);
  for (const finding of report.findings) findings.push(`verifier: ${JSON.stringify(finding)}`);
  const lines = text.split('\n').filter((line) => line.startsWith('{"authenticated_by"'));
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  const voided = new Set(
    entries.flatMap((entry) => commitSummaryOf(entry)?.voided ?? []).map(({ seq }) => seq),
  );
  const standing = new Map<string, number>();
  for (const { seq, operation, payload } of entries) {
    if (operation !== 'objects/put' || voided.has(seq)) continue;
    const id = String(payload['id']);
    standing.set(id, (standing.get(id) ?? 0) + 1);
  }
  const lost = acknowledged.filter((id) => !standing.has(id));
  for (const id of lost) findings.push(`${id} was acknowledged and lost`);
  for (const [id, times] of standing) if (times > 1) findings.push(`${id} stands ${times} times`);
  const forks = report.findings.filter(({ code }) => code.startsWith('log.')).length;
  return {
    findings,
    counts: {
      acknowledged: acknowledged.length,
      entries: entries.length,
      voided: voided.size,
      acknowledged_lost: lost.length,
      forks,
    },
  };
}

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** A killed process holds its files until it is reaped; its parent, dead too, cannot do it. */
async function gone(pid: number, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 2_000 && pid > 0 && child.killed; waited += 5) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(5);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
