/** Between two looks at a source, while they succeed. */
export const EVERY_MS = 300_000;
const LEAST_EVERY_MS = 2_000;
const MOST_EVERY_MS = 86_400_000;
const MOST_BACK_OFF_MS = 3_600_000;

/** Later the more looks in a row failed; an hour at most, or as long as was said. */
export function nextLookMs(everyMs: number, failures: number): number {
  const doubled = everyMs * 2 ** Math.min(failures, 16);
  return Math.min(doubled, Math.max(everyMs, MOST_BACK_OFF_MS));
}

export function isEvery(value: unknown): value is number {
  const isWhole = Number.isSafeInteger(value);
  return isWhole && Number(value) >= LEAST_EVERY_MS && Number(value) <= MOST_EVERY_MS;
}
