import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { openAead, sealAead } from '@ioi/crypto';
import { deriveSecret, type HybridKey } from '@ioi/crypto/shell';
import { type OpenDatabase, openDatabase } from '@ioi/sqlite';
import { usageFault } from '../shell/fault.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS kept (
    name TEXT PRIMARY KEY, nonce BLOB NOT NULL, sealed BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
const PURPOSE = 'ioi threshold v1';
const NONCE_BYTES = 24;

/**
 * What a member keeps of its groups, beside its key file and sealed under that key. Whatever is
 * written is on disk when the call returns, and one process at a time is in a transaction.
 */
export class ShareStore {
  readonly #database: OpenDatabase;
  readonly #key: Uint8Array;

  constructor(keyFile: string, key: HybridKey) {
    const path = `${keyFile}.threshold`;
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    this.#database = openDatabase({ path, schema: SCHEMA, format: 1, durability: 'full' });
    this.#key = deriveSecret(key, PURPOSE);
  }

  get<T>(name: string): T | undefined {
    const row = this.#database.one('SELECT nonce, sealed FROM kept WHERE name = ?', name);
    if (row === undefined) return undefined;
    const context = this.#context(name, row['nonce'] as Uint8Array);
    const opened = openAead(context, row['sealed'] as Uint8Array);
    if (opened === undefined)
      throw usageFault(`what is kept as ${name} was changed, or is of another key`);
    return JSON.parse(Buffer.from(opened).toString('utf8')) as T;
  }

  put(name: string, value: object): void {
    const nonce = randomBytes(NONCE_BYTES);
    const sealed = sealAead(this.#context(name, nonce), Buffer.from(JSON.stringify(value)));
    this.#database.run('INSERT OR REPLACE INTO kept VALUES (?, ?, ?)', name, nonce, sealed);
  }

  remove(name: string): void {
    this.#database.run('DELETE FROM kept WHERE name = ?', name);
  }

  /** All of it, or nothing; alone. */
  transaction<T>(work: () => T): T {
    let result: T | undefined;
    this.#database.transaction(() => {
      result = work();
    });
    return result as T;
  }

  close(): void {
    this.#database.close();
  }

  #context(name: string, nonce: Uint8Array) {
    return { key: this.#key, nonce, associatedData: Buffer.from(name) };
  }
}
