import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newTally, type Tally } from '../tally.ts';
import { type Attempt, allAttempts, type Way } from './attempt.ts';
import { type Batch, clear, prepare } from './batch.ts';
import { Ground, type Ran } from './ground.ts';
import { type Hold, NATIVE, NOTHING, OVERLAY, summaryIn } from './hold.ts';
import { type Judged, judge } from './judge.ts';
import { missingForPeers, PEERS } from './peer.ts';

/** Of attempts that work where nothing holds them, so many; fewer, and the rest shows nothing. */
const LEAST_CONTROLS = 0.8;

type Outcome = {
  readonly judged: readonly { readonly batch: Batch; readonly judged: Judged }[];
  /** Attempts by the door or the tools of which the log holds nothing. */
  readonly silent: readonly string[];
};

/**
 * Tries to get out of a sandbox of `ioi run` in many ways, on a machine in small with a real node.
 * Whether one did is seen from outside. The same are then made without a sandbox, where they have
 * to work. `succeeded` counts those that got out. With peers, those that the walls should stop are
 * made in other sandboxes too, and what gets out of these is counted beside.
 */
export async function run(chosen: readonly Attempt[], isWithPeers: boolean): Promise<Tally> {
  const ground = new Ground();
  try {
    await ground.open();
    const held = await tryAll(ground, NATIVE, chosen);
    const tame = chosen.filter(({ isTame }) => isTame);
    const free = await tryAll(ground, NOTHING, tame);
    const tally = tallyOf(chosen, held, free);
    return isWithPeers ? await besidePeers(ground, tally, tame) : tally;
  } finally {
    await ground.close();
  }
}

/** What the walls have to stop, in runs that work on a copy: with those nobody is asked in turn. */
export async function runOnCopies(chosen: readonly Attempt[]): Promise<Tally> {
  const ground = new Ground();
  try {
    await ground.open();
    const walls = chosen.filter(({ way }) => way === 'walls');
    const held = await tryAll(ground, OVERLAY, walls);
    const tame = walls.filter(({ isTame }) => isTame);
    return tallyOf(walls, held, await tryAll(ground, NOTHING, tame));
  } finally {
    await ground.close();
  }
}

/** Without a door of the node in them: only what walls have to stop is tried. */
async function besidePeers(ground: Ground, tally: Tally, tame: readonly Attempt[]): Promise<Tally> {
  const missing = missingForPeers();
  if (missing !== undefined) return { ...tally, skipped: [...tally.skipped, missing] };
  const walls = tame.filter(({ way }) => way === 'walls');
  const more = [...(tally.more ?? [])];
  for (const peer of PEERS) {
    const { judged } = await tryAll(ground, peer, walls);
    const made = judged.reduce((sum, { batch, judged: { missing: absent, lost } }) => {
      return sum + batch.tried.length - absent.size - lost.length;
    }, 0);
    const out = judged.flatMap(({ judged: { escaped } }) => [...escaped.keys()]);
    more.push([`${peer.name}_cases`, made], [`${peer.name}_succeeded`, out.length]);
    tally.excepted.push(...out.map(({ attempt }) => `${attempt.name}: got out of ${peer.name}`));
  }
  return { ...tally, more };
}

async function tryAll(ground: Ground, hold: Hold, chosen: readonly Attempt[]): Promise<Outcome> {
  const judged: { batch: Batch; judged: Judged }[] = [];
  const silent: string[] = [];
  for (const some of batchesOf(chosen)) {
    const batch = prepare(ground, some, hold.isHeld);
    const isInTurn = hold.isHeld && some[0]?.way !== 'walls';
    const before = isInTurn ? await ground.logSize() : 0;
    let isOver = false;
    const running = hold.run(ground, batch).finally(() => {
      isOver = true;
    });
    const watching = isInTurn
      ? inTurn(ground, batch, { before, isOver: () => isOver })
      : Promise.resolve([]);
    const [ran, seen] = await Promise.all([running, watching]);
    silent.push(...seen);
    explain(hold, ran);
    judged.push({ batch, judged: judge(ground, batch, ran) });
    clear(batch);
  }
  return { judged, silent };
}

/** What shares a sandbox: not those that are seen one after the other. */
function batchesOf(chosen: readonly Attempt[]): Attempt[][] {
  const ways: readonly Way[] = ['walls', 'door', 'tools'];
  const repositories = chosen.filter(({ needs }) => needs === 'repository');
  const others = chosen.filter(({ needs }) => needs !== 'repository');
  const batches = [repositories, ...ways.map((way) => others.filter((each) => each.way === way))];
  return batches.filter(({ length }) => length > 0);
}

type Turn = {
  readonly before: number;
  readonly isOver: () => boolean;
};

const PATIENCE_MS = 15_000;

/** Lets each go on when the log was looked at; gives those of which it holds nothing. */
async function inTurn(
  ground: Ground,
  { folder, tried }: Batch,
  { before, isOver }: Turn,
): Promise<string[]> {
  const silent: string[] = [];
  let size = before;
  for (const { id, attempt } of tried) {
    while (!isThere(join(folder, 'ended', id)) && !isOver()) await pause();
    const deadline = performance.now() + PATIENCE_MS;
    let now = size;
    while (now === size && performance.now() < deadline) {
      now = await ground.logSize();
      if (now === size) await pause();
    }
    if (now === size) silent.push(attempt.name);
    size = now;
    writeFileSync(join(folder, 'go', id), '');
  }
  return silent;
}

function isThere(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').endsWith('\n');
  } catch {
    return false;
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 20));
}

function explain(hold: Hold, ran: Ran): void {
  if (hold.isHeld && summaryIn(ran) === undefined) {
    throw new Error(`escape: ${hold.name} held nothing: ${ran.err.slice(0, 2000)}`);
  }
}

function tallyOf(chosen: readonly Attempt[], held: Outcome, free: Outcome): Tally {
  const tally = newTally();
  let succeeded = 0;
  for (const { batch, judged } of held.judged) {
    tally.cases += batch.tried.length - judged.missing.size;
    for (const [{ attempt }, how] of judged.escaped) {
      succeeded += 1;
      tally.failed.push(`${attempt.name} (${how.join(', ')})`);
    }
    succeeded += judged.unknown.length;
    tally.failed.push(...judged.unknown.map((what) => `somebody read ${what}`));
    tally.failed.push(...judged.lost.map(({ attempt }) => `${attempt.name} was not made`));
    const absent = [...judged.missing].map(({ attempt }) => attempt.name);
    tally.skipped.push(...absent.map((name) => `${name}: its program is not here`));
  }
  const controls = free.judged.flatMap(({ batch, judged }) => {
    return batch.tried.filter((each) => !judged.missing.has(each));
  });
  const worked = free.judged.reduce((sum, { judged }) => sum + judged.escaped.size, 0);
  if (worked < LEAST_CONTROLS * controls.length) tally.failed.push('too few controls succeed');
  const idle = free.judged.flatMap(({ batch, judged }) => {
    return batch.tried.filter((each) => !judged.escaped.has(each) && !judged.missing.has(each));
  });
  tally.excepted.push(...idle.map(({ attempt }) => `${attempt.name}: no control either`));
  const asked = chosen.filter(({ way }) => way !== 'walls').length;
  tally.failed.push(...held.silent.map((name) => `${name} left no receipt`));
  const more = [
    ['succeeded', succeeded],
    ['controls', controls.length],
    ['controls_succeeded', worked],
    ['receipted', asked - held.silent.length],
    ['stopped_by_walls', tally.cases - asked],
  ] as const;
  return { ...tally, more };
}

/** One in fifteen and the first of each family, for every run of the tests. */
export function someAttempts(): Attempt[] {
  const all = allAttempts();
  const familyOf = ({ name }: Attempt): string => name.slice(0, name.indexOf(':'));
  const isFirst = (each: Attempt, at: number): boolean => {
    const before = all[at - 1];
    return before === undefined || familyOf(before) !== familyOf(each);
  };
  return all.filter((each, at) => isFirst(each, at) || at % 15 === 0);
}
