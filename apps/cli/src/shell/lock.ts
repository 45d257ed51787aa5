import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Home, makePrivateFolder } from './home.ts';

/** Held while it is kept: until released, or until the process ends, however it ends. */
export type Lock = { readonly release: () => void };

/**
 * The lock is SQLite's on a file of its own, so the kernel lets go of it with the process: a pid
 * file alone would outlive a crash and name a stranger. Undefined where another process holds it.
 */
export function lockFile(path: string): Lock | undefined {
  const database = new DatabaseSync(path);
  try {
    // Whoever only asks whether the lock is held has it for a moment.
    database.exec('PRAGMA busy_timeout = 500; BEGIN EXCLUSIVE;');
    return { release: () => database.close() };
  } catch (fault) {
    database.close();
    if (!/locked/.test(String(fault))) throw fault;
    return undefined;
  }
}

/** One supervisor per home. */
export function takeLock(home: Home): Lock | undefined {
  makePrivateFolder(home.run);
  const lock = lockFile(join(home.run, 'lock'));
  if (lock === undefined) return undefined;
  const pidFile = join(home.run, 'pid');
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      lock.release();
    },
  };
}

/** The process that runs this home's node, or undefined when none does. */
export function runningPid(home: Home): number | undefined {
  const pid = recordedPid(home);
  if (pid === undefined) return undefined;
  const path = join(home.run, 'lock');
  // Root asks too, where the folder is a lesser account's: it follows no link there, makes none.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec('BEGIN EXCLUSIVE; ROLLBACK;');
    return undefined;
  } catch {
    return pid;
  } finally {
    database.close();
  }
}

function recordedPid(home: Home): number | undefined {
  try {
    const pid = Number(readFileSync(join(home.run, 'pid'), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
