import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type DatabaseOptions, type OpenDatabase, openDatabase } from '@ioi/sqlite';

/** What an embedded store asks of its disk; a simulated disk stands in here. */
export type StoreFiles = {
  readonly openDatabase: (options: DatabaseOptions) => OpenDatabase;
  /** Throws when there is no such file. */
  readonly read: (path: string) => Uint8Array;
  /** Whoever reads sees the old bytes or the new; after a crash it may be anything. */
  readonly replace: (path: string, bytes: Uint8Array) => void;
  readonly remove: (path: string) => void;
};

export const systemFiles: StoreFiles = {
  openDatabase,
  read: (path) => readFileSync(path),
  replace: (path, bytes) => {
    const fresh = `${path}.new`;
    writeFileSync(fresh, bytes, { mode: 0o600 });
    renameSync(fresh, path);
  },
  remove: (path) => rmSync(path, { force: true }),
};
