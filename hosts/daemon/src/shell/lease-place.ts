import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '@ioi/agentgres';
import type { StoreConfig } from './config.ts';

/** Beside the copy of the log that it is of: whoever takes over replaces both. */
const PLACE_FILE = 'place.json';
const BEAT_MS = 1_000;

/** Where the logs are kept, with this node's place among those that share them. */
export function placed(store: StoreConfig | undefined, folder: string): StoreConfig | undefined {
  const path = join(folder, PLACE_FILE);
  if (store === undefined || !existsSync(path)) return store;
  return { ...store, place: JSON.parse(readFileSync(path, 'utf8')) as Place };
}

/** Says again and again that this node writes; `onFault` is told once it does not any more. */
export async function keepPlace(
  store: StoreConfig | undefined,
  onFault: (fault: unknown) => void,
): Promise<void> {
  const place = store?.place;
  if (store === undefined || place === undefined) return;
  const { PostgresLease } = await import('@ioi/agentgres/postgres');
  const lease = await PostgresLease.open(store);
  const beat = (): void => {
    lease.beat(place).then(() => setTimeout(beat, BEAT_MS), onFault);
  };
  beat();
}
