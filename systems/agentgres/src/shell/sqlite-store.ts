import { join } from 'node:path';
import type { FrontierState } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import { Database } from '@ioi/sqlite';
import type { Append, LogStore, Sealed, StoredEntry } from '../core/index.ts';

const LOG_SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, text TEXT NOT NULL, leaf BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS payloads (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
`;

const HEADS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS heads (
    head_class TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (head_class, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS watermark (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, peaks TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reference (
    reference TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (reference, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
`;

/**
 * The embedded store: the log, on disk when an append returns, and beside it the heads, which
 * can always be folded again and so need not wait for the disk.
 */
export class SqliteStore implements LogStore {
  readonly #log: Database;
  readonly #heads: Database;

  /** `folder` holds log.db and heads.db; a second, read-only opener sees what was committed. */
  constructor(folder: string, options: { readOnly?: boolean } = {}) {
    const readOnly = options.readOnly === true;
    const log = { path: join(folder, 'log.db'), schema: LOG_SCHEMA, format: 1 };
    const heads = { path: join(folder, 'heads.db'), schema: HEADS_SCHEMA, format: 1 };
    this.#log = new Database({ ...log, durability: 'full', readOnly });
    this.#heads = new Database({ ...heads, durability: 'normal', readOnly });
  }

  size(): bigint {
    const last = this.#log.one('SELECT max(seq) AS last FROM entries')?.['last'];
    return typeof last === 'number' ? BigInt(last) + 1n : 0n;
  }

  append({ firstSeq, entries, payloads }: Append): void {
    this.#log.transaction(() => {
      entries.forEach(({ text, leaf }, index) => {
        const seq = firstSeq + BigInt(index);
        this.#log.run('INSERT INTO entries VALUES (?, ?, ?)', seq, text, leaf);
      });
      for (const [digest, text] of Object.entries(payloads)) {
        this.#log.run('INSERT OR IGNORE INTO payloads VALUES (?, ?)', digest, text);
      }
    });
  }

  watermark(): FrontierState {
    const row = this.#heads.one('SELECT size, peaks FROM watermark');
    if (row === undefined) return { size: 0, peaks: [] };
    const peaks = JSON.parse(row['peaks'] as string) as string[];
    return { size: row['size'] as number, peaks: peaks.map((peak) => Buffer.from(peak, 'hex')) };
  }

  applySealed({ changes, watermark: { size, peaks }, references }: Sealed): void {
    this.#heads.transaction(() => {
      for (const { key, value } of changes) {
        if (value === undefined) {
          const sql = 'DELETE FROM heads WHERE head_class = ? AND id = ?';
          this.#heads.run(sql, key.headClass, key.id);
        } else {
          const sql = 'INSERT OR REPLACE INTO heads VALUES (?, ?, ?)';
          this.#heads.run(sql, key.headClass, key.id, JSON.stringify(value));
        }
      }
      for (const { reference, seq } of references) {
        const sql = 'INSERT OR IGNORE INTO reference VALUES (?, ?)';
        this.#heads.run(sql, reference, BigInt(seq));
      }
      const texts = peaks.map((peak) => Buffer.from(peak).toString('hex'));
      const sql = 'INSERT OR REPLACE INTO watermark VALUES (1, ?, ?)';
      this.#heads.run(sql, size, JSON.stringify(texts));
    });
  }

  resetHeads(): void {
    this.#heads.transaction(() => {
      this.#heads.run('DELETE FROM heads');
      this.#heads.run('DELETE FROM watermark');
      this.#heads.run('DELETE FROM reference');
    });
  }

  get<T>(key: HeadKey): T | undefined {
    const sql = 'SELECT value FROM heads WHERE head_class = ? AND id = ?';
    const value = this.#heads.one(sql, key.headClass, key.id)?.['value'];
    return value === undefined ? undefined : (JSON.parse(value as string) as T);
  }

  *heads(): Generator<{ key: HeadKey; value: unknown }> {
    for (const row of this.#heads.iterate('SELECT * FROM heads')) {
      const key = { headClass: row['head_class'] as string, id: row['id'] as string };
      yield { key, value: JSON.parse(row['value'] as string) };
    }
  }

  /** Heads of one class whose id begins with `prefix`; at most `limit`. */
  headsOf(headClass: string, prefix: string, limit: number): { id: string; value: unknown }[] {
    const sql = 'SELECT id, value FROM heads WHERE head_class = ? AND id >= ? AND id < ? LIMIT ?';
    const rows = this.#heads.all(sql, headClass, prefix, `${prefix}\u{10ffff}`, limit);
    return rows.map((row) => ({
      id: row['id'] as string,
      value: JSON.parse(row['value'] as string),
    }));
  }

  entries(from: bigint, to: bigint): StoredEntry[] {
    const sql = 'SELECT seq, text FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    const rows = this.#log.all(sql, from, to);
    return rows.map((row) => ({ seq: BigInt(row['seq'] as number), text: row['text'] as string }));
  }

  leaves(from: bigint, to: bigint): Uint8Array[] {
    const sql = 'SELECT leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    return this.#log.all(sql, from, to).map((row) => row['leaf'] as Uint8Array);
  }

  seqsOf(prefix: string, limit: number): bigint[] {
    const sql =
      'SELECT DISTINCT seq FROM reference WHERE reference >= ? AND reference < ? ' +
      'ORDER BY seq DESC LIMIT ?';
    const rows = this.#heads.all(sql, prefix, `${prefix}\u{10ffff}`, limit);
    return rows.map((row) => BigInt(row['seq'] as number));
  }

  payload(digest: string): string | undefined {
    const text = this.#log.one('SELECT text FROM payloads WHERE digest = ?', digest)?.['text'];
    return text as string | undefined;
  }

  saveCheckpoint(size: bigint, note: string): void {
    this.#heads.run('INSERT OR REPLACE INTO checkpoints VALUES (?, ?)', size, note);
  }

  checkpoint(size: bigint): string | undefined {
    const note = this.#heads.one('SELECT note FROM checkpoints WHERE size = ?', size)?.['note'];
    return note as string | undefined;
  }

  close(): void {
    this.#log.close();
    this.#heads.close();
  }
}
