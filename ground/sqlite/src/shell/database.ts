import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { listsIn, preparedIn } from './statements.ts';

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
  /**
   * Somebody waits for every commit: its write-ahead log gets its length beforehand, so that a
   * commit overwrites what the disk has already, which takes it a third less time.
   */
  readonly isAwaited?: boolean;
};

const PAGE_BYTES = 4096;
const FRAME_BYTES = PAGE_BYTES + 24;
/** Pages that change often are moved out of the write-ahead log once instead of many times. */
const PAGES_TO_CHECKPOINT = 8192;
/** Fewer where the room for all of them is made beforehand. */
const PAGES_AWAITED = 1024;
/** So that the commit which reaches that number does not go beyond it. */
const ROOM_BYTES = (PAGES_AWAITED + 256) * FRAME_BYTES;

export class DatabaseFormatFault extends Error {
  readonly code = 'database.newer_format';
}

/** One SQLite file in WAL mode with its prepared statements. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #lists = new Map<string, StatementSync>();
  #awaitedLog: string | undefined;

  constructor(options: DatabaseOptions) {
    const readOnly = options.readOnly === true;
    this.#database = new DatabaseSync(options.path, { readOnly });
    this.#database.exec('PRAGMA busy_timeout = 5000;');
    if (readOnly) return;
    const durability = options.durability.toUpperCase();
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability};`);
    const isAwaited = options.isAwaited === true;
    const pages = isAwaited ? PAGES_AWAITED : PAGES_TO_CHECKPOINT;
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${pages}; PRAGMA cache_size = -32768;`);
    const found = this.one('PRAGMA user_version')?.['user_version'];
    if (Number(found) > options.format) {
      const message = `${options.path} has format ${found}; this version reads ${options.format}`;
      throw new DatabaseFormatFault(message);
    }
    this.#database.exec(options.schema);
    // Written only where it differs: who opens it does not wait for whoever writes for long.
    if (Number(found) !== options.format) {
      this.#database.exec(`PRAGMA user_version = ${options.format};`);
    }
    this.#awaitedLog = isAwaited ? `${options.path}-wal` : undefined;
    this.#makeRoom();
  }

  one(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Rows as lists of their columns: less work for each than rows by name. */
  lists(sql: string, ...values: Value[]): unknown[][] {
    return listsIn(this.#database, this.#lists, sql).all(...values) as unknown as unknown[][];
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

  /** Nothing that was deleted or overwritten stands in the write-ahead log after this. */
  emptyLog(): void {
    this.one('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#makeRoom();
  }

  close(): void {
    this.#database.close();
  }

  #makeRoom(): void {
    const log = this.#awaitedLog;
    // Holding the lock: what another process commits meanwhile would be written over.
    if (log !== undefined) this.transaction(() => lengthen(log, ROOM_BYTES));
  }

  #statement(sql: string): StatementSync {
    return preparedIn(this.#database, this.#statements, sql);
  }
}

/**
 * With zeros, which SQLite reads as the end of the log. A disk without that room does without; one
 * that fails is told. On disk with the write, since whoever may do little may not flush files.
 */
function lengthen(path: string, bytes: number): void {
  const file = openSync(path, constants.O_RDWR | constants.O_SYNC);
  try {
    const { size } = fstatSync(file);
    // Some of it would be no use, and would take the last that others on this disk have.
    if (size < bytes && !isWhole(file, size, bytes - size)) ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}

const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Writes zeros; false where the disk took fewer of them. */
function isWhole(file: number, at: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes), 0, bytes, at) === bytes;
  } catch (fault) {
    if (FULL.includes((fault as NodeJS.ErrnoException).code)) return false;
    throw fault;
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
