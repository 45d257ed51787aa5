/** Ports `from` to `to`, both included. */
export type PortRange = { readonly from: number; readonly to: number };

const SPELLED = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/;
const LAST = 65_535;

/** `443` or `8000-8100`; undefined when it is no port or runs backwards. */
export function readPorts(text: string): PortRange | undefined {
  const match = SPELLED.exec(text);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  return from <= to && to <= LAST ? { from, to } : undefined;
}

/** Those that can be read as the fewest ranges, so that equal sets have equal spellings. */
export function mergePorts(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((left, right) => left.from - right.from)) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to + 1) merged.push(range);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return merged;
}

export function printPorts({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** A port as parameters give it: a whole number, or its digits. */
export function readPort(value: unknown): number | undefined {
  if (typeof value === 'string') {
    const range = readPorts(value);
    return range?.from === range?.to ? range?.from : undefined;
  }
  const isPort = typeof value === 'number' && Number.isInteger(value);
  return isPort && value >= 0 && value <= LAST ? value : undefined;
}
