import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../shell/home.ts';
import { runningPid } from '../shell/lock.ts';

export type Stopped = {
  readonly pid: number;
  /** False when it is still there after the time given. */
  readonly isGone: boolean;
};

const POLL_MS = 20;

/** Tells the supervisor to stop and waits until it is gone; undefined when none ran. */
export async function stopSupervisor(home: Home, timeoutMs: number): Promise<Stopped | undefined> {
  const pid = runningPid(home);
  if (pid === undefined) return undefined;
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + timeoutMs;
  // It frees the lock first and may still write its compile cache; only then is it over.
  while (runningPid(home) !== undefined || isAlive(pid)) {
    if (performance.now() > deadline) return { pid, isGone: false };
    await sleep(POLL_MS);
  }
  return { pid, isGone: true };
}

/** A process that ended and was not yet collected, as in containers without an init, is gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^[0-9]+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // Not Linux, or gone between the two looks; asked again in a moment.
    return true;
  }
}
