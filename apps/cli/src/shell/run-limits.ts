import { type Options, textOption } from './context.ts';
import { usageFault } from './fault.ts';

const SIZE = /^([1-9][0-9]{0,9})([KMG]?)$/;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
/** Of `ioi run`, by what the runner calls them. */
const COUNTS = {
  processes: 'processes',
  openFiles: 'files',
  processorSeconds: 'processor',
} as const;

/** What a program may use, as far as it was said. */
export function limitsFrom(options: Options): Record<string, number> {
  const memory = textOption(options, 'memory');
  const counts = Object.entries(COUNTS).flatMap(([name, option]) => {
    const text = textOption(options, option);
    if (text === undefined) return [];
    if (!/^[1-9][0-9]{0,8}$/.test(text)) throw usageFault(`--${option} takes a count, not ${text}`);
    return [[name, Number(text)] as const];
  });
  return {
    ...Object.fromEntries(counts),
    ...(memory === undefined ? {} : { memory: bytesIn(memory) }),
  };
}

function bytesIn(text: string): number {
  const [, count, unit = ''] = SIZE.exec(text) ?? [];
  if (count === undefined)
    throw usageFault(`--memory takes a size such as 4G or 512M, not ${text}`);
  return Number(count) * (UNITS[unit] ?? 1);
}
