export type GuestLimits = {
  readonly memoryBytes: number;
  readonly stackBytes: number;
  /** Ten thousand calls and rounds of loops each: the same count each time, on any machine. */
  readonly work: number;
  /** Of processor time at one stretch; waiting does not count. Ten times as much by the clock. */
  readonly turnMs: number;
  /** Beyond that, for one operation that its interpreter does not look up from. */
  readonly graceMs: number;
  /** Of one step, one answer, and what a task takes and returns, as JSON. */
  readonly textBytes: number;
  readonly steps: number;
};

/** Enough for a task that parses and rewrites megabytes, and for none that never ends. */
export const GUEST_LIMITS: GuestLimits = {
  memoryBytes: 64 * 1024 * 1024,
  stackBytes: 256 * 1024,
  work: 200_000,
  turnMs: 60_000,
  graceMs: 10_000,
  textBytes: 4 * 1024 * 1024,
  steps: 10_000,
};
