import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mostProcesses } from '../../core/sandbox/limits.ts';

/** Where groups of control count processes: of the second version, and of the first. */
const ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/pids'];

const EVERY_MS = 20;
const MOST_TRIES = 250;

/** A group of control that holds so many processes. */
export type ProcessGroup = {
  /** What a program is started by, to be in it with all it starts. */
  readonly before: readonly string[];
  /** Once the last of them has gone, which may be a moment after the first. */
  remove(): Promise<void>;
};

/**
 * One of our own, where this account may make it: of the administrator's processes the kernel
 * counts none otherwise. Undefined where it may not, or nobody counts.
 */
export function processGroup(processes: number): ProcessGroup | undefined {
  for (const root of ROOTS) {
    const folder = join(root, `ioi-run-${process.pid}`);
    try {
      mkdirSync(folder);
      if (!existsSync(join(folder, 'pids.max'))) throw new Error('nobody counts processes here');
      writeFileSync(join(folder, 'pids.max'), String(mostProcesses(processes)));
      const enter = 'echo $$ > "$0" && exec "$@"';
      return {
        before: ['/bin/sh', '-c', enter, join(folder, 'cgroup.procs')],
        remove: () => removeEmptied(folder),
      };
    } catch {
      removeGroup(folder);
    }
  }
  return undefined;
}

async function removeEmptied(folder: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES && existsSync(folder); tries += 1) {
    removeGroup(folder);
    if (existsSync(folder)) await pause(EVERY_MS);
  }
}

function removeGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It was never made, or somebody is still in it.
  }
}
