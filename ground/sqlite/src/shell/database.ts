import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | bigint | null | Uint8Array;

export type DatabaseOptions = {
  readonly path: string;
  /** DDL with IF NOT EXISTS; run on every open for writing. */
  readonly schema: string;
  /** Raised with every change of the schema; newer files are refused. */
  readonly format: number;
  /**
   * `full`: a committed transaction is on disk. `normal`: it may be lost, never torn. `off`: sound
   * as long as the machine runs on; for what can be made again.
   */
  readonly durability: 'full' | 'normal' | 'off';
  readonly readOnly?: boolean;
};

export class DatabaseFormatFault extends Error {
  readonly code = 'database.newer_format';
}

/** One SQLite file in WAL mode with its prepared statements. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(options: DatabaseOptions) {
    const readOnly = options.readOnly === true;
    this.#database = new DatabaseSync(options.path, { readOnly });
    this.#database.exec('PRAGMA busy_timeout = 5000;');
    if (readOnly) return;
    const durability = options.durability.toUpperCase();
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability};`);
    // Pages that change often are moved out of the write-ahead log once instead of many times.
    this.#database.exec('PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -32768;');
    const found = this.one('PRAGMA user_version')?.['user_version'];
    if (Number(found) > options.format) {
      const message = `${options.path} has format ${found}; this version reads ${options.format}`;
      throw new DatabaseFormatFault(message);
    }
    this.#database.exec(`${options.schema}; PRAGMA user_version = ${options.format};`);
  }

  one(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  iterate(sql: string, ...values: Value[]): IterableIterator<Row> {
    return this.#statement(sql).iterate(...values);
  }

  run(sql: string, ...values: Value[]): void {
    this.#statement(sql).run(...values);
  }

  /** All or nothing. A fault in the commit itself leaves it in doubt. */
  transaction(work: () => void): void {
    this.run('BEGIN IMMEDIATE');
    try {
      work();
      this.run('COMMIT');
    } catch (fault) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw fault;
    }
  }

  close(): void {
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** What is done with a database once it is open; who simulates one implements this. */
export type OpenDatabase = Pick<
  Database,
  'one' | 'all' | 'iterate' | 'run' | 'transaction' | 'close'
>;

export function openDatabase(options: DatabaseOptions): OpenDatabase {
  return new Database(options);
}
