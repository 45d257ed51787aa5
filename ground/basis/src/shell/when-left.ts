import { fstatSync } from 'node:fs';

/**
 * Calls `left` once whoever started this process with a pipe on standard input is gone, however it
 * ended: it holds the other end, and nobody else would stop us. Reads what comes there, and keeps
 * no process from ending by itself. Does nothing where standard input is no pipe, as a service has
 * it.
 */
export function whenLeft(left: () => void): void {
  const input = fstatSync(0);
  // Node gives a socket where a pipe is asked for; a shell gives a pipe.
  if (!input.isSocket() && !input.isFIFO()) return;
  if (process.stdin.readableEnded) left();
  process.stdin.once('end', left).once('error', left).resume();
  process.stdin.unref();
}
