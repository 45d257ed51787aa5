/** What the shell reads: monotonic and wall clock, both in milliseconds. */
export type ClockReading = { readonly monotonic: bigint; readonly wall: bigint };

/** Chain Time is monotonic time from an anchor; the anchor moves only by a signed operation. */
export type ChainClock = {
  readonly anchorChain: bigint;
  readonly anchorMonotonic: bigint;
};

/** Beyond this the machine slept, or its clock was set: resynchronise by an operation. */
const DRIFT_MS = 2_000n;

/** After a restart elapsed time is unknown: continue from what was stored. */
export function startClock(stored: bigint, reading: ClockReading): ChainClock {
  return { anchorChain: stored, anchorMonotonic: reading.monotonic };
}

export function chainTime(clock: ChainClock, reading: ClockReading): bigint {
  return clock.anchorChain + (reading.monotonic - clock.anchorMonotonic);
}

/**
 * Where Chain Time must jump, or undefined: the wall clock when it ran ahead, never back. A
 * clock can shorten authority, not lengthen it (design ruling 8).
 */
export function resyncTarget(
  clock: ChainClock,
  reading: ClockReading,
  restarted: boolean,
): bigint | undefined {
  const drift = reading.wall - chainTime(clock, reading);
  return drift > (restarted ? 0n : DRIFT_MS) ? reading.wall : undefined;
}

/** The later of two times in milliseconds. */
export function later(left: bigint, right: bigint): bigint {
  if (left > right) return left;
  return right;
}
