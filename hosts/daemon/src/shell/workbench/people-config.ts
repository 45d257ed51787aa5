/** Where people of the organisation sign in, on this machine (docs/guides/roles.md). */
export type PeopleConfig = { readonly port: number };

/** What is wrong with `/people` of node.json, as the rest of a pointer; undefined: nothing. */
export function wrongInPeople(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return ' must be an object';
  const unknown = Object.keys(given).find((key) => key !== 'port');
  if (unknown) return `/${unknown} is not known; known is port`;
  const { port } = given as Record<string, unknown>;
  if (Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535) return undefined;
  return '/port must be a whole number up to 65535';
}
