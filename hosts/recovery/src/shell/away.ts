import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AwayContents } from '@ioi/protocol';

const INDEX = 'data/artifacts/artifacts.db';
const OBJECTS = 'data/artifacts/objects';
const IS_THERE = "SELECT 1 FROM sqlite_master WHERE name = 'away_place'";
/** Told by name at most; the index in the backup has all. */
const MOST_NAMED = 1_000;

/**
 * Contents whose sealed bytes stand in a bucket and not among the copies: a backup has their keys
 * alone. Undefined where there are none.
 */
export function awayIn(staging: string, copies: readonly string[]): AwayContents | undefined {
  const path = join(staging, INDEX);
  if (!existsSync(path)) return undefined;
  const here = new Set(copies);
  const index = new DatabaseSync(path);
  try {
    if (index.prepare(IS_THERE).get() === undefined) return undefined;
    const place = index.prepare('SELECT place FROM away_place').get()?.['place'];
    if (typeof place !== 'string') return undefined;
    const long = 'SELECT digest, file, size FROM artifacts WHERE file IS NOT NULL ORDER BY digest';
    const digests: string[] = [];
    let [count, bytes] = [0, 0];
    for (const { digest, file, size } of index.prepare(long).iterate()) {
      if (here.has(`${OBJECTS}/${String(file)}`)) continue;
      if (count < MOST_NAMED) digests.push(String(digest));
      count += 1;
      bytes += Number(size);
    }
    return count === 0 ? undefined : { place, count, bytes, digests };
  } finally {
    index.close();
  }
}
