import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeFolders } from '@ioi/protocol';

export function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** On disk when it returns; refuses to replace a file. */
export function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Of a node that is made; its data is put there by whoever makes it. */
export function foldersIn(into: string): NodeFolders {
  return { guardian: makeFolder(join(into, 'guardian')), data: join(into, 'data') };
}
