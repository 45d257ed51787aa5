import {
  closeSync,
  fchownSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Upkeep } from '@ioi/protocol';
import { type Home, isInitialised, makePrivateFolder } from './home.ts';

/**
 * Notes what was done, for `GET /v1/upkeep`. Nothing follows from a note, so one that cannot be
 * written fails no command; without a node there is nobody to tell.
 */
export function noteUpkeep<K extends keyof Upkeep>(home: Home, kind: K, about: Upkeep[K]): void {
  if (!isInitialised(home)) return;
  const path = join(home.upkeep, `${kind}.json`);
  try {
    makePrivateFolder(home.upkeep);
    rmSync(`${path}.new`, { force: true });
    // By root too, in a folder of the daemon: through no link of its, and for it to read.
    const file = openSync(`${path}.new`, 'wx', 0o600);
    const { uid, gid } = statSync(home.upkeep);
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
    writeFileSync(file, `${JSON.stringify(about)}\n`);
    closeSync(file);
    renameSync(`${path}.new`, path);
  } catch {
    // The work itself is done, and said.
  }
}
