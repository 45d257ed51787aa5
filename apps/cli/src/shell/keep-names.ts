import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';

/** Names in a folder are on disk when it returns; files are flushed by whoever writes them. */
export function keepNames(folder: string): void {
  if (!existsSync(folder)) return;
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
