import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tiers } from '../core/audit/findings.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { keepNames } from '../shell/keep-names.ts';
import { type Lock, lockFile } from '../shell/lock.ts';

/** How far a stream has told its receiver, by the receiver's own word. */
export type Cursor = {
  readonly name: string;
  /** Where it goes, without anything secret. */
  readonly to: string;
  readonly node_id: string;
  /** The last entry that was taken; -1 before the first. */
  readonly last: string;
  /** The id of its operation: another log has another one there. */
  readonly last_operation?: string | undefined;
  readonly tiers: Tiers;
};

const FORMAT = 'ioi-audit-cursor/1';
const ENDING = '.json';

/** Undefined where there is none. Throws a usage fault at one that cannot be read. */
export function readCursor(home: Home, name: string): Cursor | undefined {
  const path = pathOf(home, name);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw usageFault(`${path} cannot be read: ${messageOf(fault)}`);
  }
  try {
    const { format, ...cursor } = JSON.parse(text) as Cursor & { readonly format?: unknown };
    if (format === FORMAT && /^-?[0-9]+$/.test(cursor.last)) return cursor;
  } catch {
    // Said below, like any other file that is not ours.
  }
  throw usageFault(`${path} is not a cursor of ioi audit stream`, `ioi audit forget ${name}`);
}

/** On the disk before it returns: what it says was taken is never asked for again. */
export function writeCursor(home: Home, cursor: Cursor): void {
  const path = pathOf(home, cursor.name);
  const text = `${JSON.stringify({ format: FORMAT, ...cursor })}\n`;
  writeFileSync(`${path}.part`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.part`, path);
  keepNames(folderOf(home));
}

/** Of every stream, whether or not its cursor can be read. */
export function streamNames(home: Home): readonly string[] {
  try {
    const kept = readdirSync(folderOf(home)).filter((name) => name.endsWith(ENDING));
    return kept.map((name) => name.slice(0, -ENDING.length)).toSorted();
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fault;
  }
}

/** Held by whoever moves the cursor; throws where somebody does already. */
export function lockCursor(home: Home, name: string): Lock {
  mkdirSync(folderOf(home), { recursive: true, mode: 0o700 });
  const lock = lockFile(join(folderOf(home), `${name}.lock`));
  if (lock === undefined) throw usageFault(`${name} is streaming already`, 'ioi audit list');
  return lock;
}

export function removeCursor(home: Home, name: string): void {
  rmSync(pathOf(home, name), { force: true });
}

function folderOf({ folder }: Home): string {
  return join(folder, 'audit');
}

function pathOf(home: Home, name: string): string {
  return join(folderOf(home), `${name}${ENDING}`);
}
