import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bubblewrap } from '../../core/sandbox/bubblewrap.ts';

/** What a sandbox is made of, for one child. */
export type Parts = Bubblewrap & { readonly filter: Uint8Array };

/** What stands behind the three streams of a child. */
export type Opened = readonly (number | 'ignore')[];

const STREAMS = 3;
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Opens what bubblewrap reads behind the three streams of a child: the filter, of a file, so that
 * nobody has to wait, empty files, and what it is told, which no list of processes may show:
 * there are secrets among the variables. Gives `start` the arguments that say so.
 */
export function withParts<T>(
  { filter, options, empty }: Parts,
  start: (args: readonly string[], opened: Opened) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-filter-'));
  const opened: number[] = [];
  const held = (name: string, bytes: Uint8Array | string): number => {
    const path = join(folder, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    const descriptor = openSync(path, 'r');
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const nothing = openSync('/dev/null', 'r');
    opened.push(nothing);
    const empties = Array<number>(empty).fill(nothing);
    const words = held('options', options.map((each) => `${each}\0`).join(''));
    const own = [held('filter', filter), ...empties, words];
    const args = ['--args', String(STREAMS + own.length - 1), '--'];
    return start(args, covered(own, nothing));
  } finally {
    opened.map((each) => closeSync(each));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With nothing in the place of what a child would have from whoever started this process. */
function covered(own: readonly number[], nothing: number): Opened {
  const left = readdirSync('/proc/self/fd').map(Number).filter(isLeftOpen);
  const most = Math.max(STREAMS + own.length, ...left.map((each) => each + 1));
  return Array.from({ length: most - STREAMS }, (_, at) => {
    return own[at] ?? (left.includes(at + STREAMS) ? nothing : 'ignore');
  });
}

/** Node keeps what it opens itself from its children, and of what it was given only the first. */
function isLeftOpen(descriptor: number): boolean {
  try {
    const about = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(about)?.[1] ?? '0', 8);
    return descriptor >= STREAMS && (flags & CLOSE_ON_EXEC) === 0;
  } catch {
    return false;
  }
}
