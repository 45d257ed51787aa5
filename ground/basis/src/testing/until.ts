const PATIENCE_MS = 60_000;
const EVERY_MS = 20;

/**
 * Asks until it gives something, and gives that. The patience only ends what will never come: it is
 * long, so that a machine that stalls for seconds breaks no test.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + patienceMs;
  // Most of what is waited for comes in a moment.
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, EVERY_MS)) {
    const given = await probe();
    if (given !== undefined && given !== null && given !== false) {
      return given as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
