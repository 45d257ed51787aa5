import { randomBytes } from 'node:crypto';
import { type OpenDatabase, openDatabase, type Value } from '@ioi/sqlite';
import type { GuardianNotice } from '../core/index.ts';
import { SEAL_FORMAT, SEAL_SCHEMA, SealStore, type SealWrite } from './seal-store.ts';
import { ANCHOR_SCHEMA, VaultAnchor } from './vault-anchor.ts';

/** What a seal puts on the approver's desk, and what it takes off. */
export type DeskChange = {
  readonly added: ReadonlyMap<string, string>;
  readonly ended: readonly string[];
};

export type OutboxRow = { readonly request_hash: string; readonly notice: string };

const DESK_SCHEMA = `
  CREATE TABLE IF NOT EXISTS pending (request_hash TEXT PRIMARY KEY, item TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (request_hash TEXT PRIMARY KEY, notice TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS withdrawn (signature TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS counter (
    one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS factor_counter (
    factor_id TEXT PRIMARY KEY, value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS commitment_secret (
    one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL
  ) STRICT;
`;

const SECRET_BYTES = 32;

/** What is folded again, and what waited: a guardian that takes over has these of its own. */
const FROM_THE_LOG: ReadonlySet<string> = new Set([
  ...['journal', 'heads', 'class_times', 'signed', 'payloads'],
  ...['pending', 'outbox'],
]);

/**
 * What the guardian keeps of the node's own log and of the people who decide: the seals, and in
 * the same file what waits for them and what they said.
 */
export class GuardianStore {
  readonly seals: SealStore;
  readonly vault: VaultAnchor;
  readonly #database: OpenDatabase;
  /** What is on the desk, so that the seal of everything else touches no desk table. */
  readonly #waiting: Set<string>;

  constructor(path: string, open = openDatabase) {
    const schema = SEAL_SCHEMA + DESK_SCHEMA + ANCHOR_SCHEMA;
    const sealed = { format: SEAL_FORMAT, durability: 'full', isAwaited: true } as const;
    this.#database = open({ path, schema, ...sealed });
    this.seals = new SealStore(this.#database);
    this.vault = new VaultAnchor(this.#database);
    const rows = this.#database.all('SELECT request_hash FROM pending');
    this.#waiting = new Set(rows.map((row) => row['request_hash'] as string));
  }

  /** One durable write: the seal, the heads it leaves, what waits for people. */
  commitSeal(write: SealWrite, desk: DeskChange): void {
    const ended = desk.ended.filter((requestHash) => this.#waiting.has(requestHash));
    if (desk.added.size === 0 && ended.length === 0) {
      this.seals.commitSeal(write);
      return;
    }
    const beside = (): void => this.#changeDesk(desk.added, ended);
    this.seals.commitSeal({ ...write, beside });
    for (const requestHash of ended) this.#waiting.delete(requestHash);
    for (const requestHash of desk.added.keys()) this.#waiting.add(requestHash);
  }

  pendingItem(requestHash: string): string | undefined {
    const sql = 'SELECT item FROM pending WHERE request_hash = ?';
    return this.#database.one(sql, requestHash)?.['item'] as string | undefined;
  }

  pendingItems(): string[] {
    const rows = this.#database.all('SELECT item FROM pending ORDER BY rowid');
    return rows.map((row) => row['item'] as string);
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

  /** Approvals were for the key that sealed before: whoever gave them is asked again. */
  forgetApprovals(): void {
    for (const { request_hash: requestHash, notice } of this.notices()) {
      if ((JSON.parse(notice) as GuardianNotice).kind !== 'approved') continue;
      this.#database.run('DELETE FROM outbox WHERE request_hash = ?', requestHash);
    }
  }

  /** Durable before the owner is told that what was signed failed. */
  withdraw(signature: string): void {
    this.#database.run('INSERT OR IGNORE INTO withdrawn VALUES (?)', signature);
  }

  /** The owner signed the same again. */
  renew(signature: string): void {
    this.#database.run('DELETE FROM withdrawn WHERE signature = ?', signature);
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

  /** How far a passkey has counted, as far as it was seen here. */
  factorCounter(factorId: string): bigint {
    const sql = 'SELECT value FROM factor_counter WHERE factor_id = ?';
    return BigInt((this.#database.one(sql, factorId)?.['value'] as string | undefined) ?? '0');
  }

  /** Durable before the signature it came with counts. */
  saveFactorCounter(factorId: string, value: bigint): void {
    const sql = 'INSERT OR REPLACE INTO factor_counter VALUES (?, ?)';
    this.#database.run(sql, factorId, String(value));
  }

  /** What halves of keys are derived from; made once, durable before it is used. */
  commitmentSecret(): Uint8Array {
    const sql = 'INSERT OR IGNORE INTO commitment_secret VALUES (1, ?)';
    const find = 'SELECT value FROM commitment_secret';
    const found = this.#database.one(find);
    if (found === undefined) this.#database.run(sql, randomBytes(SECRET_BYTES));
    return (found ?? this.#database.one(find))?.['value'] as Uint8Array;
  }

  /**
   * What no log says, from the store of the guardian before: nothing withdrawn is taken back, and
   * whatever is remembered beside the seals stays remembered.
   */
  keepFrom(before: GuardianStore): void {
    const sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    const tables = this.#database.all(sql).map(({ name }) => name as string);
    for (const table of tables.filter((name) => !FROM_THE_LOG.has(name))) {
      for (const row of before.#database.all(`SELECT * FROM ${table}`)) {
        const values = Object.values(row) as Value[];
        const places = values.map(() => '?').join(', ');
        this.#database.run(`INSERT OR REPLACE INTO ${table} VALUES (${places})`, ...values);
      }
    }
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
}
