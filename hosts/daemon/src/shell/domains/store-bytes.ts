import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreBytes } from '@ioi/protocol';

/** How much of the disk the files of a domain take, with what was not yet moved into them. */
export function storeBytes(folder: string): StoreBytes {
  const sizes = sizesIn(folder);
  const of = (name: string): number => {
    return ['', '-wal'].reduce((sum, end) => sum + (sizes.get(name + end) ?? 0), 0);
  };
  const projections = [...sizesIn(join(folder, 'projections')).values()];
  return {
    log: of('log.db'),
    heads: of('heads.db'),
    tree: of('tree.bin'),
    projections: projections.reduce((sum, size) => sum + size, 0),
  };
}

function sizesIn(folder: string): Map<string, number> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { withFileTypes: true });
  const sizes = new Map<string, number>();
  for (const entry of names) {
    if (!entry.isFile()) continue;
    // A file may go between the two calls: then it takes no room.
    const found = statSync(join(folder, entry.name), { throwIfNoEntry: false });
    if (found) sizes.set(entry.name, found.size);
  }
  return sizes;
}
