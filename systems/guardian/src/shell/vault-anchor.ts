import { err, ok, type Result } from '@ioi/basis';
import { type OpenDatabase, rowCheck } from '@ioi/sqlite';
import type { Refusal } from '../core/index.ts';
import { type Anchored, UNANCHORED } from '../core/vault-anchor.ts';
import type { VaultUse } from '../core/vault-wire.ts';

export const ANCHOR_SCHEMA = `
  CREATE TABLE IF NOT EXISTS vault_anchor (
    one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL, checked INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS vault_uses (
    number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL
  ) STRICT;
`;

/** Uses that are remembered; the oldest are forgotten first. */
const MOST_USES = 10_000;

/** What the guardian's own store keeps about the vault: how its file must look, and its uses. */
export class VaultAnchor {
  readonly #database: OpenDatabase;

  constructor(database: OpenDatabase) {
    this.#database = database;
  }

  read(): Result<Anchored, Refusal> {
    const row = this.#database.one('SELECT text, checked FROM vault_anchor');
    if (row === undefined) return ok(UNANCHORED);
    const text = row['text'] as string;
    if (rowCheck(text) === row['checked']) return ok(JSON.parse(text) as Anchored);
    const message = 'what the guardian remembers of the vault is damaged';
    return err({ code: 'vault.anchor_damaged', message });
  }

  /** Durable when it returns. */
  save(anchored: Anchored): void {
    const text = JSON.stringify(anchored);
    const sql = 'INSERT OR REPLACE INTO vault_anchor VALUES (1, ?, ?)';
    this.#database.run(sql, text, rowCheck(text));
  }

  /** Durable when it returns: a use is on record before it happens. */
  record(use: Omit<VaultUse, 'number'>): void {
    this.#database.transaction(() => {
      this.#database.run('INSERT INTO vault_uses (text) VALUES (?)', JSON.stringify(use));
      const sql = 'DELETE FROM vault_uses WHERE number <= (SELECT max(number) FROM vault_uses) - ?';
      this.#database.run(sql, MOST_USES);
    });
  }

  /** In order, those after a number. */
  uses(after: number, most: number): VaultUse[] {
    const sql = 'SELECT number, text FROM vault_uses WHERE number > ? ORDER BY number LIMIT ?';
    return this.#database.all(sql, after, most).map(({ number, text }) => {
      return {
        number: Number(number),
        ...(JSON.parse(text as string) as Omit<VaultUse, 'number'>),
      };
    });
  }
}
