import { statSync } from 'node:fs';
import { progressBar } from '../core/progress-bar.ts';
import { chunksOf } from './file-chunks.ts';
import type { Output } from './output.ts';

/** Tells how far something is; nothing where nobody watches. */
export type Tell = (done: number, of: number) => void;

const CLEAR = '\r\u001b[K';
const EVERY_MS = 80;

/** A bar on standard error while something runs, and nothing left of it after. */
export async function withProgress<T>(
  output: Output,
  what: string,
  run: (tell: Tell) => T | Promise<T>,
): Promise<T> {
  const { stderr } = process;
  if (output.json || output.plain || stderr.isTTY !== true) return run(() => {});
  let shownAt = 0;
  try {
    return await run((done, of) => {
      const now = performance.now();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      stderr.write(`\r${progressBar(what, done, of)}`);
    });
  } finally {
    if (shownAt > 0) stderr.write(CLEAR);
  }
}

/** The bytes of a file, told as they are taken. */
export function* toldChunks(path: string, tell: Tell): Generator<Uint8Array> {
  let done = 0;
  for (const chunk of chunksOf(path)) {
    done += chunk.length;
    tell(done, statSync(path).size);
    yield chunk;
  }
}
