import { readFileSync } from 'node:fs';
import type { RunRecord } from './run-store.ts';

/** One that ended without saying so is over too. */
export function isRunning({ ended, process: { id, start } }: RunRecord): boolean {
  return ended === undefined && start !== '' && startOf(id) === start;
}

/** When a process began, as the system counts: a number that is given again is another process. */
export function startOf(id: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
