import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What was tried against another account from this one. */
export type Tried = {
  /** What opened, and should not have; empty where every wall held. */
  readonly opened: readonly string[];
  /** What could not be tried, so that nothing can be said of it. */
  readonly untried: readonly string[];
};

export type Walls = {
  /** Accounts that are to be apart from this one, each by its number. */
  readonly uids: readonly number[];
  /** Files and folders that are to be closed to it: not to be read, listed or written. */
  readonly closed: readonly string[];
  /** That it may read and not write, such as the program. */
  readonly unwritable: readonly string[];
};

/**
 * Tries to get from this account to others by every way that the kernel keeps: their files, the
 * memory of their processes, signals. Nothing is changed by it. Linux alone shows processes.
 */
export function tryWalls({ uids, closed, unwritable }: Walls): Tried {
  const opened: string[] = [];
  const untried: string[] = [];
  const own = process.getuid?.();
  if (own === undefined || own === 0) return { opened: [], untried: ['root, or no account'] };
  if (uids.includes(own)) opened.push('this account is one of them');
  for (const path of closed) if (reads(path) || writes(path)) opened.push(path);
  for (const path of unwritable) if (writes(path)) opened.push(`${path}, for writing`);
  for (const uid of uids) {
    const pids = processesOf(uid);
    if (pids.length === 0) untried.push(`no process of account ${uid} is shown here`);
    for (const pid of pids) {
      if (opens(`/proc/${pid}/mem`, constants.O_RDWR)) opened.push(`the memory of process ${pid}`);
      if (opens(`/proc/${pid}/environ`, constants.O_RDONLY)) {
        opened.push(`the environment of process ${pid}`);
      }
      if (isTold(pid)) opened.push(`signals to process ${pid}`);
    }
  }
  return { opened, untried };
}

/** Processes of an account, as far as this one is shown any. */
function processesOf(uid: number): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number)
      .filter((pid) => ownerOf(`/proc/${pid}`) === uid);
  } catch {
    return [];
  }
}

/** Undefined where it is not there, or cannot be asked about. */
export function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

function reads(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return opens(path, constants.O_RDONLY);
  }
}

function opens(path: string, flags: number): boolean {
  try {
    closeSync(openSync(path, flags));
    return true;
  } catch {
    return false;
  }
}

function writes(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Signal 0 is told to nobody: the kernel says alone whether one could be. */
function isTold(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Each folder on the way to a path, the path last. */
function onTheWay(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, at) => join('/', ...parts.slice(0, at + 1)))];
}

/**
 * The first on the way to a path that others than root can put another in place of; undefined
 * where there is none. A folder in which each removes their own alone, such as `/tmp`, does not
 * count, the path itself excepted. Where a link leads is on the way too.
 */
export function openOnTheWay(path: string): string | undefined {
  // One that leads to itself, or to nothing, is a fault here and not a walk without end.
  statSync(path);
  for (const each of onTheWay(path)) {
    const about = lstatSync(each);
    if (about.uid !== 0) return each;
    if (about.isSymbolicLink()) {
      const open = openOnTheWay(resolve(dirname(each), readlinkSync(each)));
      if (open !== undefined) return open;
      continue;
    }
    const isSticky = (about.mode & 0o1000) !== 0 && each !== path;
    if ((about.mode & 0o022) !== 0 && !isSticky) return each;
  }
  return undefined;
}
