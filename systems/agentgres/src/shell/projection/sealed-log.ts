import { join } from 'node:path';
import { Database } from '@ioi/sqlite';

/** What projections read of a log. Nobody reads beyond what is sealed. */
export type SealedLog = {
  /** Canonical texts from one position to before another; fewer when some are missing. */
  read(from: number, to: number): readonly string[];
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

  read(from: number, to: number): readonly string[] {
    const sql = 'SELECT text FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    return this.#database.lists(sql, from, to).map(([text]) => text as string);
  }

  close(): void {
    this.#database.close();
  }
}
