import { usageFault } from './fault.ts';

const WORDS = /^(\d{4,5})(?:-(\d{4,5}))?$/;
const LEAST = 1024;
const MOST = 65_535;

/** `3000`, or `8000-8010`: ports that what runs in a sandbox may be reached at. */
export function portsFrom(given: readonly string[]): { from: number; to: number }[] {
  return given.map((each) => {
    const [, first, last = first] = WORDS.exec(each) ?? [];
    const [from, to] = [Number(first), Number(last)];
    const isOne = from >= LEAST && from <= to && to <= MOST;
    if (isOne) return { from, to };
    throw usageFault(`--listen takes a port, or two with a dash, of ${LEAST} to ${MOST}: ${each}`);
  });
}
