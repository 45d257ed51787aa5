import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Home, makePrivateFolder } from './home.ts';
import { keepNames } from './keep-names.ts';

/** What a replacement brings; each takes the place of what has its name. */
const PARTS = ['data', 'guardian'] as const;
const PLAN = 'plan.json';
const PART = '.part';

/** Makes a replacement in a folder of its own, of which nothing counts until it is complete. */
export async function withPart<T>(next: string, make: (part: string) => Promise<T>): Promise<T> {
  clearParts(next);
  // Whoever was killed may have left a process that still writes: its folder is not ours.
  const part = `${next}.${process.pid}${PART}`;
  makePrivateFolder(part);
  try {
    return await make(part);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Removes what killed commands left of this; the parts of those that live are theirs. */
export function clearParts(next: string): void {
  const folder = dirname(next);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const isPart = name.startsWith(`${basename(next)}.`) && name.endsWith(PART);
    const pid = Number(name.slice(basename(next).length + 1, -PART.length));
    if (isPart && !isAnotherAlive(pid))
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

function isAnotherAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A whole home, made in a part, under its name; a folder that holds something is not replaced. */
export function putInPlace(part: string, folder: string): void {
  for (const name of [...PARTS, '']) keepNames(join(part, name));
  // Over an empty folder a rename is one step; over any other it fails.
  renameSync(part, folder);
  keepNames(dirname(folder));
}

/**
 * From here on the node is what was made in the part, whatever happens: the one rename decides,
 * and what is left to move is moved by `finishReplacement`, now or when the node is started next.
 * Gives the folder that will keep what is there before.
 */
export function decideReplacement(home: Home, part: string, now: Date): string {
  const aside = now.toISOString().replaceAll(':', '.');
  writeFileSync(join(part, PLAN), `${JSON.stringify({ aside })}\n`, { mode: 0o600, flush: true });
  for (const name of [...PARTS, '']) keepNames(join(part, name));
  renameSync(part, home.next);
  keepNames(home.folder);
  return join(home.setAside, aside);
}

/** Moves what a crash left to be moved; nothing when there is nothing. The lock must be held. */
export function finishReplacement(home: Home): void {
  for (const step of replacementSteps(home)) step();
}

/** Renames and a removal, to be done in this order; done again after any of them, they go on. */
export function* replacementSteps(home: Home): Generator<() => void> {
  if (!existsSync(join(home.next, PLAN))) return;
  const plan = JSON.parse(readFileSync(join(home.next, PLAN), 'utf8')) as { aside: string };
  const aside = join(home.setAside, plan.aside);
  for (const name of PARTS) {
    const next = join(home.next, name);
    const place = join(home.folder, name);
    // Once moved it is no more here, and what stands in its place is the new one.
    if (!existsSync(next)) continue;
    yield () => makePrivateFolder(aside);
    if (existsSync(place)) yield () => renameSync(place, join(aside, name));
    yield () => renameSync(next, place);
  }
  yield () => rmSync(home.next, { recursive: true, force: true });
}
