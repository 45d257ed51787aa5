import type { Writable } from 'node:stream';

/** Writes what one turn has to say at once: the reader is woken once for all of it. */
export function writeTogether(stream: Writable, text: string): void {
  if (stream.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  stream.write(text);
}
