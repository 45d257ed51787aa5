import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Home, makePrivateFolder } from '../shell/home.ts';

export type LogName = 'daemon' | 'edge' | 'guardian' | 'ssh-agent' | 'up';

const MOST_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

export function logPath(home: Home, name: LogName): string {
  return join(home.logs, `${name}.log`);
}

/** Opened for appending; a large one is set aside first, and the one set aside before is lost. */
export function openLogFile(home: Home, name: LogName): number {
  makePrivateFolder(home.logs);
  const path = logPath(home, name);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) {
    renameSync(path, `${path}.1`);
  }
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, for a person who has to look; none when there is no log. */
export function lastLines(home: Home, name: LogName, most: number): string[] {
  let file: number;
  try {
    file = openSync(logPath(home, name), 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString('utf8', 0, read).trimEnd();
    return text === '' ? [] : text.split('\n').slice(-most);
  } finally {
    closeSync(file);
  }
}
