import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Json } from '@ioi/canon';

/** A line: what is asked, or what came of it with the beginnings of two outputs, as JSON. */
const LONGEST_LINE = 1_048_576;

/** What comes in at one connection, line by line. */
export type Heard = {
  /** The next; undefined once there is none. */
  readonly line: () => Promise<string | undefined>;
  /** Aborted once whoever spoke is gone. */
  readonly signal: AbortSignal;
  readonly say: (about: Json) => void;
};

/** Hears two lines of the longest at most; what says more is cut off. */
export function hearLines(socket: Socket): Heard {
  const gone = new AbortController();
  let size = 0;
  socket.on('data', (chunk) => {
    size += chunk.length;
    if (size > 2 * LONGEST_LINE) socket.destroy();
  });
  socket.on('error', () => {});
  const lines = createInterface({ input: socket });
  const waiting: ((line: string | undefined) => void)[] = [];
  const told: string[] = [];
  lines.on('line', (line) => {
    const next = waiting.shift();
    if (next) next(line);
    else told.push(line);
  });
  const over = (): void => {
    gone.abort();
    for (const each of waiting.splice(0)) each(undefined);
  };
  lines.on('close', over);
  socket.on('close', over);
  const line = (): Promise<string | undefined> => {
    const first = told.shift();
    if (first !== undefined || gone.signal.aborted) return Promise.resolve(first);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const say = (about: Json): void => void socket.write(`${JSON.stringify(about)}\n`);
  return { line, signal: gone.signal, say };
}

export function parsed(line: string | undefined): Json | undefined {
  try {
    return line === undefined ? undefined : (JSON.parse(line) as Json);
  } catch {
    return undefined;
  }
}
