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

/** What a seal puts on the approver's desk, and what it takes off. */
export type DeskChange = {
  readonly added: ReadonlyMap<string, string>;
  readonly ended: readonly string[];
};

export type OutboxRow = { readonly request_hash: string; readonly notice: string };

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (
    height INTEGER PRIMARY KEY, seal TEXT NOT NULL, changes TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS heads (
    name TEXT PRIMARY KEY, value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS pending (request_hash TEXT PRIMARY KEY, item TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS payloads (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (request_hash TEXT PRIMARY KEY, notice TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS withdrawn (signature TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS counter (
    one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL
  ) STRICT;
`;

/** Seals whose heads are still in the journal only. */
const MAX_UNFOLDED = 64;

/**
 * The guardian's durable state, in its own folder. A seal is one row of the journal, so that it
 * costs one small write to the disk; its heads are folded into their table now and then. A fault
 * here leaves the seal in doubt and must stop the process.
 */
export class GuardianStore implements View {
  readonly #database: Database;
  /** What is on the desk, so that the seal of everything else touches no desk table. */
  readonly #waiting: Set<string>;
  /** Heads that the journal holds and the table not yet; undefined values are deletions. */
  readonly #unfolded = new Map<string, unknown>();
  #journalled = 0;

  constructor(path: string) {
    this.#database = new Database({ path, schema: SCHEMA, format: 1, durability: 'full' });
    for (const row of this.#database.all('SELECT changes FROM journal ORDER BY height')) {
      this.#note(JSON.parse(row['changes'] as string) as [string, unknown?][]);
    }
    this.#fold();
    const rows = this.#database.all('SELECT request_hash FROM pending');
    this.#waiting = new Set(rows.map((row) => row['request_hash'] as string));
  }

  get<T>(key: HeadKey): T | undefined {
    const name = headName(key);
    if (this.#unfolded.has(name)) return this.#unfolded.get(name) as T | undefined;
    const row = this.#database.one('SELECT value FROM heads WHERE name = ?', name);
    return row === undefined ? undefined : (JSON.parse(row['value'] as string) as T);
  }

  sealRow(): SealRow | undefined {
    const sql = 'SELECT seal FROM journal ORDER BY height DESC LIMIT 1';
    const row = this.#database.one(sql);
    if (row === undefined) return undefined;
    const seal = JSON.parse(row['seal'] as string) as Record<keyof SealRow, string>;
    return {
      size: Number(seal.size),
      peaks: seal.peaks,
      epoch: BigInt(seal.epoch),
      height: BigInt(seal.height),
      chainTime: BigInt(seal.chainTime),
      note: seal.note,
    };
  }

  /** One durable write: the seal, the heads it leaves, what waits for people. */
  commitSeal(row: SealRow, changes: readonly HeadChange[], desk: DeskChange): void {
    const pairs = changes.map(({ key, value }): [string, unknown?] =>
      value === undefined ? [headName(key)] : [headName(key), value],
    );
    const seal = Object.entries(row).map(([name, value]) => [name, String(value)]);
    const texts = [JSON.stringify(Object.fromEntries(seal)), JSON.stringify(pairs)] as const;
    const ended = desk.ended.filter((requestHash) => this.#waiting.has(requestHash));
    const insert = (): void => {
      this.#database.run('INSERT INTO journal VALUES (?, ?, ?)', row.height, ...texts);
    };
    if (desk.added.size === 0 && ended.length === 0) insert();
    else {
      this.#database.transaction(() => {
        insert();
        this.#changeDesk(desk.added, ended);
      });
    }
    for (const requestHash of ended) this.#waiting.delete(requestHash);
    for (const requestHash of desk.added.keys()) this.#waiting.add(requestHash);
    this.#note(pairs);
    this.#journalled += 1;
  }

  /** Moves journalled heads into their table; to be called when nobody waits. */
  tidy(): void {
    if (this.#journalled >= MAX_UNFOLDED) this.#fold();
  }

  pendingItem(requestHash: string): string | undefined {
    const sql = 'SELECT item FROM pending WHERE request_hash = ?';
    return this.#database.one(sql, requestHash)?.['item'] as string | undefined;
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
    const sql = 'SELECT notice FROM outbox WHERE request_hash = ?';
    return this.#database.one(sql, requestHash)?.['notice'] as string | undefined;
  }

  /** Durable before the owner is told that an activation failed. */
  withdraw(signature: string): void {
    this.#database.run('INSERT OR IGNORE INTO withdrawn VALUES (?)', signature);
  }

  isWithdrawn(signature: string): boolean {
    const sql = 'SELECT 1 FROM withdrawn WHERE signature = ?';
    return this.#database.one(sql, signature) !== undefined;
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

  #changeDesk(added: ReadonlyMap<string, string>, ended: readonly string[]): void {
    for (const [requestHash, item] of added) {
      this.#database.run('INSERT OR REPLACE INTO pending VALUES (?, ?)', requestHash, item);
    }
    for (const requestHash of ended) {
      this.#database.run('DELETE FROM pending WHERE request_hash = ?', requestHash);
      this.#database.run('DELETE FROM outbox WHERE request_hash = ?', requestHash);
    }
  }

  #note(pairs: readonly [string, unknown?][]): void {
    for (const [name, value] of pairs) this.#unfolded.set(name, value);
  }

  #fold(): void {
    this.#database.transaction(() => {
      for (const [name, value] of this.#unfolded) {
        if (value === undefined) this.#database.run('DELETE FROM heads WHERE name = ?', name);
        else {
          const text = JSON.stringify(value);
          this.#database.run('INSERT OR REPLACE INTO heads VALUES (?, ?)', name, text);
        }
      }
      // The last row stays: it is the seal.
      const sql = 'DELETE FROM journal WHERE height < (SELECT max(height) FROM journal)';
      this.#database.run(sql);
    });
    this.#unfolded.clear();
    this.#journalled = 0;
  }
}
