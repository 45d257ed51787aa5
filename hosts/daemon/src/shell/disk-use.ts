import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../core/index.ts';

export type DiskUse = Record<'log' | 'heads' | 'artifacts' | 'other', number>;

/** Bytes of every file of the data folder, by what it is for. */
export function diskUse(folder: string): DiskUse {
  const use: DiskUse = { log: 0, heads: 0, artifacts: 0, other: 0 };
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isFile()) use[kindOf(name)] += stat.size;
  }
  return use;
}

export function volumeOf(folder: string): Disk {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

function kindOf(name: string): keyof DiskUse {
  if (name.startsWith('log.db')) return 'log';
  if (name.startsWith('heads.db') || name.startsWith('tree.bin')) return 'heads';
  return name.startsWith('artifacts') ? 'artifacts' : 'other';
}
