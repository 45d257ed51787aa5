const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long a node waits before it connects to its relay again: longer each time, and by chance
 * (from 0 to 1) not when the others do, which lost the same relay at the same moment.
 */
export function relayWaitMs(failures: number, chance: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(most / 2 + (most / 2) * chance);
}
