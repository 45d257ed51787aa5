import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import { exited, NodeProcess } from '@ioi/kit';
import { auditDomain, type Shown } from './domain-audit.ts';
import type { Told } from './domain-work.ts';
import { type Evidence, type Progress, sideBySide, sleep, sumOf } from './evidence.ts';
import { exportOf } from './export-of.ts';
import { type Homes, startLife } from './homes.ts';

/** A longer log takes longer to open, and so would every life on it. */
const LIVES_PER_HOME = 50;
/** Longest a life lasts from its first acknowledgement, in milliseconds. */
const LIFE_MS = 120;
/** Within these a process starts; some lives end while they do. */
const START_MS = 500;

/**
 * Kills writer and guardian of a domain again and again, at random points, and then holds what
 * was acknowledged against what the log says.
 */
export async function runKills(
  homes: Homes,
  { kills, seed }: { readonly kills: number; readonly seed: number },
  onProgress: Progress,
): Promise<Evidence> {
  const folders = Math.max(2, Math.ceil(kills / LIVES_PER_HOME));
  const shares = Array.from({ length: folders }, (_, at) => ({
    lives: Math.floor(kills / folders) + (at < kills % folders ? 1 : 0),
    random: seededRandom(seed + at),
  }));
  let done = 0;
  const parts = await sideBySide(shares, ({ lives, random }) =>
    manyLives(homes.fresh(), lives, () => {
      done += 1;
      onProgress(done, kills, 'kills');
      return random;
    }),
  );
  const { findings, counts } = sumOf(parts);
  return { findings, counts: { kills: done, ...counts } };
}

async function manyLives(home: string, lives: number, next: () => SeededRandom): Promise<Evidence> {
  const acknowledged: string[] = [];
  const shown: Shown[] = [];
  for (let life = 0; life < lives; life += 1) {
    for (const { sealed, ...checkpoint } of await oneLife(home, life, next())) {
      acknowledged.push(sealed);
      shown.push(checkpoint);
    }
  }
  // Where every life was too short to open the domain, nothing was promised.
  if (acknowledged.length === 0) return { findings: [], counts: {} };
  const node = new NodeProcess(home);
  try {
    await node.ready();
    return auditDomain(await exportOf(node, 'evidence.example'), { acknowledged, shown });
  } finally {
    await node.stop('SIGKILL');
    node.removeHome();
  }
}

type Sealed = Extract<Told, { readonly sealed: string }>;

/** What a client was told is sealed, until both processes were killed. */
async function oneLife(home: string, life: number, random: SeededRandom): Promise<Sealed[]> {
  const child = startLife(home, life);
  const told: Sealed[] = [];
  let guardian = 0;
  const first = new Promise<void>((resolve) => {
    child.on('message', (message: Told) => {
      if ('guardian' in message) guardian = message.guardian;
      else {
        told.push(message);
        resolve();
      }
    });
  });
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

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** A killed process holds its files for a moment; its parent, dead too, cannot wait for it. */
async function gone(pid: number, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 2_000 && pid > 0 && child.killed && runs(pid); waited += 5) {
    await sleep(5);
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Where nobody reaps it, what is left of it holds nothing.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
