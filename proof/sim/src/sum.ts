/** Adds the counts of one run to those of others. */
export function addCounts(
  total: Map<string, number>,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [name, count] of Object.entries(counts)) {
    total.set(name, (total.get(name) ?? 0) + count);
  }
}
