/** Every place in a value, the outermost first. */
export function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [name],
    ...pathsIn(member).map((rest) => [name, ...rest]),
  ]);
}

/** The value with something else at one of its places. */
export function replaced(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.with(Number(name), replaced(value[Number(name)], rest, replacement));
  }
  const members = value as Record<string, unknown>;
  return { ...members, [name]: replaced(members[name], rest, replacement) };
}
