/** Appends a second, every writer with one under way. */
export async function appendsPerSecond(
  appends: number,
  writers: number,
  append: (writer: number) => Promise<unknown>,
): Promise<number> {
  let left = appends;
  const start = performance.now();
  const one = async (_: unknown, writer: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await append(writer);
    }
  };
  await Promise.all(Array.from({ length: writers }, one));
  return appends / ((performance.now() - start) / 1000);
}
