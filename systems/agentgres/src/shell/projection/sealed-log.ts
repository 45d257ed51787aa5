import { join } from 'node:path';
import { Database } from '@ioi/sqlite';

/** An entry as it stands in the log: its canonical text, and the leaf that is in the tree. */
export type LoggedEntry = { readonly text: string; readonly leaf: Uint8Array };

/** What projections read of a log. Nobody reads beyond what is sealed. */
export type SealedLog = {
  /** Entries from one position to before another; fewer when they are not all there. */
  read(from: number, to: number): readonly LoggedEntry[];
};

/** The log of an embedded store, beside its writer (`sqlite-store.ts` has the schema). */
export class SealedLogFile implements SealedLog {
  readonly #database: Database;

  /** `folder` is the store's. */
  constructor(folder: string) {
    const path = join(folder, 'log.db');
    this.#database = new Database({
      path,
      schema: '',
      format: 0,
      durability: 'full',
      readOnly: true,
    });
  }

  read(from: number, to: number): readonly LoggedEntry[] {
    const sql = 'SELECT text, leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    return this.#database.all(sql, from, to) as unknown as LoggedEntry[];
  }

  close(): void {
    this.#database.close();
  }
}
