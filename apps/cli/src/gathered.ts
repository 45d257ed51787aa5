/** For flags that may be repeated: each value behind the ones before it. */
export function gathered(each: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, each];
}
