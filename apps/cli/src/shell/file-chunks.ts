import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, usageFault } from './fault.ts';

const CHUNK_BYTES = 1024 * 1024;
const STANDARD_INPUT = 0;

/** The bytes of a file, or of standard input for `-`, without holding more than one piece. */
export function* chunksOf(path: string): Generator<Uint8Array> {
  const file = path === '-' ? STANDARD_INPUT : open(path);
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const size = read(file, buffer);
      if (size === 0) return;
      yield buffer.subarray(0, size);
    }
  } finally {
    if (file !== STANDARD_INPUT) closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (fault) {
    throw usageFault(`the file cannot be read: ${messageOf(fault)}`);
  }
}

function read(file: number, buffer: Uint8Array): number {
  try {
    return readSync(file, buffer);
  } catch (fault) {
    // A pipe that was closed reads as its end on some systems and as this on others.
    if ((fault as NodeJS.ErrnoException).code === 'EOF') return 0;
    throw usageFault(`the file cannot be read: ${messageOf(fault)}`);
  }
}
