import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Row, Value } from './database.ts';
import { listsIn, preparedIn } from './statements.ts';

/** Damage named by an integrity check, at most. */
const MOST_FAULTS = 20;

/**
 * One SQLite file that is looked at and left as it is. Where no process has it open not even files
 * beside it appear; where one has, what was committed last is seen.
 */
export class InspectedFile {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #lists = new Map<string, StatementSync>();

  /** Throws when there is no file; what is no database shows at the first question. */
  constructor(path: string) {
    const url = pathToFileURL(path);
    // Without a write-ahead log nobody writes, and nothing has to be made to read.
    if (!existsSync(`${path}-wal`)) url.searchParams.set('immutable', '1');
    this.#database = new DatabaseSync(url, { readOnly: true });
    this.#database.exec('PRAGMA busy_timeout = 5000;');
  }

  format(): number {
    return Number(this.one('PRAGMA user_version')?.['user_version']);
  }

  /** What SQLite finds wrong with the file as a file; nothing when it is whole. */
  faults(): string[] {
    try {
      const rows = this.lists(`PRAGMA integrity_check(${MOST_FAULTS})`);
      return rows.map(([said]) => String(said)).filter((said) => said !== 'ok');
    } catch (fault) {
      return [fault instanceof Error ? fault.message : String(fault)];
    }
  }

  /** From here on every question is answered from one moment. */
  hold(): void {
    this.#database.exec('BEGIN');
    this.one('SELECT count(*) FROM sqlite_schema');
  }

  one(sql: string, ...values: Value[]): Row | undefined {
    return preparedIn(this.#database, this.#statements, sql).get(...values);
  }

  /** Rows as lists of their columns: half the time of rows by name. */
  lists(sql: string, ...values: Value[]): unknown[][] {
    return listsIn(this.#database, this.#lists, sql).all(...values) as unknown as unknown[][];
  }

  close(): void {
    this.#database.close();
  }
}
