import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The newest of what the owner signed, as this node saw it in the store, or put it there. */
export type SeenFile = 'roster.json' | 'succession.json';

/** Undefined where it saw none. */
export function seenIn(cluster: string, file: SeenFile): string | undefined {
  const path = join(cluster, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

export function keepSeen(cluster: string, file: SeenFile, text: string): void {
  const path = join(cluster, file);
  const part = `${path}.next`;
  writeFileSync(part, text, { mode: 0o600, flush: true });
  renameSync(part, path);
}
