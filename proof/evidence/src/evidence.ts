/** What a run brought to light. */
export type Evidence = {
  /** Broken promises, in words. */
  readonly findings: readonly string[];
  /** By figure. */
  readonly counts: Readonly<Record<string, number>>;
  /** Shares from 0 to 1, by figure. */
  readonly shares?: Readonly<Record<string, number>>;
};

/** Told of every step: what came to light in it is known long before the end. */
export type Progress = (
  done: number,
  of: number,
  what: string,
  findings?: readonly string[],
) => void;

/** How many lives or seeds are under way at once. */
const LANES = 2;

export function sumOf(parts: readonly Evidence[]): Evidence {
  const counts: Record<string, number> = {};
  for (const [name, count] of parts.flatMap((part) => Object.entries(part.counts))) {
    counts[name] = (counts[name] ?? 0) + count;
  }
  return { findings: parts.flatMap((part) => part.findings), counts };
}

/** Works on the items in order, some side by side. */
export async function sideBySide<I, T>(
  items: readonly I[],
  work: (item: I) => Promise<T>,
): Promise<T[]> {
  const waiting = items.map((item, at) => ({ item, at }));
  const results: T[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      results[next.at] = await work(next.item);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
