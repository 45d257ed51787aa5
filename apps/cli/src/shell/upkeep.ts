import { renameSync, writeFileSync } from 'node:fs';
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
    writeFileSync(`${path}.new`, `${JSON.stringify(about)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The work itself is done, and said.
  }
}
