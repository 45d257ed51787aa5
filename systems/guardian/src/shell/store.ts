import { headName } from '@ioi/law';
import type { HeadChange, HeadKey, View } from '@ioi/protocol';
import { Database } from '@ioi/sqlite';

/** The row that must never go back: one durable write per seal. */
export type SealRow = {
  readonly size: number;
  readonly peaks: string;
  readonly epoch: bigint;
  readonly height: bigint;
  readonly chainTime: bigint;
  readonly note: string;
};

export type OutboxRow = { readonly request_hash: string; readonly notice: string };

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS seal (
    one INTEGER PRIMARY KEY CHECK (one = 1), size TEXT NOT NULL, peaks TEXT NOT NULL,
    epoch TEXT NOT NULL, height TEXT NOT NULL, chain_time TEXT NOT NULL, note TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS heads (
    name TEXT PRIMARY KEY, value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS pending (request_hash TEXT PRIMARY KEY, item TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS payloads (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (request_hash TEXT PRIMARY KEY, notice TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS counter (
    one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL
  ) STRICT;
`;

/**
 * The guardian's durable state, in its own folder. `synchronous=FULL` makes each commit one
 * fsync; a fault here leaves the seal in doubt and must stop the process.
 */
export class GuardianStore implements View {
  readonly #database: Database;
  /** What is on the desk, so that the seal of everything else touches no desk table. */
  readonly #waiting: Set<string>;

  constructor(path: string) {
    this.#database = new Database({ path, schema: SCHEMA, format: 1, durability: 'full' });
    const rows = this.#database.all('SELECT request_hash FROM pending');
    this.#waiting = new Set(rows.map((row) => row['request_hash'] as string));
  }

  get<T>(key: HeadKey): T | undefined {
    const row = this.#database.one('SELECT value FROM heads WHERE name = ?', headName(key));
    return row === undefined ? undefined : (JSON.parse(row['value'] as string) as T);
  }

  sealRow(): SealRow | undefined {
    const row = this.#database.one('SELECT * FROM seal WHERE one = 1');
    if (row === undefined) return undefined;
    return {
      size: Number(row['size'] as string),
      peaks: row['peaks'] as string,
      epoch: BigInt(row['epoch'] as string),
      height: BigInt(row['height'] as string),
      chainTime: BigInt(row['chain_time'] as string),
      note: row['note'] as string,
    };
  }

  /** One durable write: the seal, the heads it leaves, what waits for people. */
  commitSeal(
    row: SealRow,
    changes: readonly HeadChange[],
    desk: { added: ReadonlyMap<string, string>; ended: readonly string[] },
  ): void {
    this.#database.transaction(() => {
      this.#database.run(
        `INSERT INTO seal VALUES (1, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET
           size = excluded.size, peaks = excluded.peaks, epoch = excluded.epoch,
           height = excluded.height, chain_time = excluded.chain_time, note = excluded.note`,
        ...[row.size, row.peaks, row.epoch, row.height, row.chainTime, row.note].map(String),
      );
      for (const { key, value } of changes) {
        if (value === undefined)
          this.#database.run('DELETE FROM heads WHERE name = ?', headName(key));
        else {
          const sql = 'INSERT OR REPLACE INTO heads VALUES (?, ?)';
          this.#database.run(sql, headName(key), JSON.stringify(value));
        }
      }
      for (const [requestHash, item] of desk.added) {
        this.#waiting.add(requestHash);
        this.#database.run('INSERT OR REPLACE INTO pending VALUES (?, ?)', requestHash, item);
      }
      for (const requestHash of desk.ended) {
        if (!this.#waiting.has(requestHash)) continue;
        this.#waiting.delete(requestHash);
        this.#database.run('DELETE FROM pending WHERE request_hash = ?', requestHash);
        this.#database.run('DELETE FROM outbox WHERE request_hash = ?', requestHash);
      }
    });
  }

  pendingItem(requestHash: string): string | undefined {
    const row = this.#database.one('SELECT item FROM pending WHERE request_hash = ?', requestHash);
    return row?.['item'] as string | undefined;
  }

  pendingItems(): string[] {
    const rows = this.#database.all('SELECT item FROM pending ORDER BY rowid');
    return rows.map((row) => row['item'] as string);
  }

  payload(digest: string): string | undefined {
    const row = this.#database.one('SELECT text FROM payloads WHERE digest = ?', digest);
    return row?.['text'] as string | undefined;
  }

  savePayload(digest: string, text: string): void {
    this.#database.run('INSERT OR IGNORE INTO payloads VALUES (?, ?)', digest, text);
  }

  /** Durable before the approver is told: a decision survives any crash after this. */
  saveNotice(requestHash: string, notice: string): void {
    this.#database.run('INSERT OR REPLACE INTO outbox VALUES (?, ?)', requestHash, notice);
  }

  notices(): OutboxRow[] {
    return this.#database.all('SELECT * FROM outbox') as unknown as OutboxRow[];
  }

  notice(requestHash: string): string | undefined {
    const row = this.#database.one('SELECT notice FROM outbox WHERE request_hash = ?', requestHash);
    return row?.['notice'] as string | undefined;
  }

  /** Next value of the monotonic counter in approval tokens; durable before it is used. */
  nextCounter(): bigint {
    const row = this.#database.one('SELECT value FROM counter WHERE one = 1');
    const next = BigInt((row?.['value'] as string | undefined) ?? '0') + 1n;
    this.#database.run('INSERT OR REPLACE INTO counter VALUES (1, ?)', String(next));
    return next;
  }

  close(): void {
    this.#database.close();
  }
}
