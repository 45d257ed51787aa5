import type { ClockReading } from '@ioi/guardian';

/** The clocks of this machine, read in one place: whoever starts a guardian hands it in. */
export function systemClock(): ClockReading {
  return { monotonic: process.hrtime.bigint() / 1_000_000n, wall: BigInt(Date.now()) };
}
