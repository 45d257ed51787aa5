/** The words of a name, whichever way it is joined. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

export function words(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}

/** Whether a name that ends so says where something is on the net. */
export const ADDRESS = words(
  'url urls uri link links website site webpage host hosts hostname domain endpoint href src',
  'address request feed webhook ip',
);

/** What a name holds whose tool asks others than its own server. */
export const WEB = words('web internet google bing browse browser online');
