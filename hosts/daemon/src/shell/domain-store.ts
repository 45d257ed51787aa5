import { mkdirSync } from 'node:fs';
import type { LogStore } from '@ioi/agentgres';
import { ReadCopy, SqliteStore, withCopy } from '@ioi/agentgres/shell';
import type { Modules } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { StoreConfig } from './config.ts';

export type OpenStore = {
  readonly store: LogStore;
  /** Once the log is open and sealed: what is read on this machine is there when it resolves. */
  follow(frontier: Frontier, modules: Modules): Promise<void>;
};

/**
 * A domain's store as node.json says. Whatever keeps the log, its folder holds log.db and heads.db,
 * which this daemon's own thread reads: they are the log, or a copy that follows it.
 */
export async function openStore(
  domain: string,
  folder: string,
  config: StoreConfig | undefined,
): Promise<OpenStore> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (config === undefined) {
    return { store: new SqliteStore(folder), follow: async () => {} };
  }
  // Most nodes have no use for it, and it takes its time to load.
  const { PostgresStore } = await import('@ioi/agentgres/postgres');
  const store = await PostgresStore.open(domain, config);
  const copy = new ReadCopy(folder);
  return {
    store: withCopy(store, copy),
    follow: (frontier, modules) => copy.follow({ store, frontier, modules }),
  };
}
