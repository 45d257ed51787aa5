import { mkdirSync, realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { messageOf, usageFault } from '../shell/fault.ts';

/** Where jobs note what they used: not where the program of one could take that back. */
export function openUsedFolder(folder: string, written: readonly string[]): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (fault) {
    throw usageFault(`--used ${folder}: ${messageOf(fault)}`);
  }
  const place = realpathSync(folder);
  const above = written.find((each) => isBelow(place, realPathOf(each)));
  if (above === undefined) return;
  throw usageFault(`--used ${folder} lies in ${above}, where the program may write`);
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function isBelow(path: string, folder: string): boolean {
  const [first] = relative(folder, path).split(sep);
  return first !== '..';
}
