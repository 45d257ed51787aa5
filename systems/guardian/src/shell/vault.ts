import { randomBytes } from 'node:crypto';
import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { openAead, sealAead } from '@ioi/crypto';
import { deriveSecret, type HybridKey } from '@ioi/crypto/shell';
import { type OpenDatabase, openDatabase, type Row } from '@ioi/sqlite';
import { checkBinding, MAX_GRANT, type NewSecret, type VaultItem } from '../core/vault-item.ts';
import { readVaultAsk, type SecretAsked, type VaultAnswer } from '../core/vault-wire.ts';
import type { Refusal } from '../core/wire.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS secrets (
    name TEXT PRIMARY KEY, item TEXT NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
const PURPOSE = 'ioi vault v1';
const NONCE_BYTES = 24;

/**
 * The owner's secrets for servers elsewhere, each sealed under a key of the guardian's own and
 * bound to one server. They leave it towards the edge, one at a time, and nowhere else.
 */
export class Vault {
  readonly #database: OpenDatabase;
  readonly #key: Uint8Array;

  constructor(path: string, sealKey: HybridKey, open = openDatabase) {
    this.#database = open({ path, schema: SCHEMA, format: 1, durability: 'full' });
    this.#key = deriveSecret(sealKey, PURPOSE);
  }

  items(): VaultItem[] {
    return this.#database.all('SELECT item FROM secrets ORDER BY name').map(itemIn);
  }

  /** Puts it, in place of one that had its name. */
  put({ secret, ...about }: NewSecret): VaultItem {
    const before = this.#row(about.name);
    const rotations = before === undefined ? 0 : itemIn(before).rotations + 1;
    return this.#save({ ...about, rotations }, secret);
  }

  remove(name: string): Result<VaultItem, Refusal> {
    const row = this.#row(name);
    if (row === undefined) return missing(name);
    this.#database.run('DELETE FROM secrets WHERE name = ?', name);
    return ok(itemIn(row));
  }

  /** What the edge is told; it is refused for any place but the one the secret is bound to. */
  answer(body: unknown): VaultAnswer {
    const ask = readVaultAsk(body);
    if (ask === undefined) return refused('vault.unknown_request', 'not a request of an edge');
    const found = this.#find(ask);
    if (!found.ok) return { kind: 'refused', refusal: found.error };
    if (ask.kind === 'lease') return { kind: 'leased', ...found.value };
    const { item } = found.value;
    if (item.kind !== 'oauth') {
      const message = `${item.name} is no grant: only its owner replaces it`;
      return refused('credential.not_renewable', message);
    }
    if (ask.secret.length > MAX_GRANT) return refused('credential.invalid', 'it is too large');
    this.#save({ ...item, issuer: ask.issuer, rotations: item.rotations + 1 }, ask.secret);
    return { kind: 'renewed' };
  }

  close(): void {
    this.#database.close();
  }

  #find(asked: SecretAsked): Result<{ item: VaultItem; secret: string }, Refusal> {
    const row = this.#row(asked.name);
    if (row === undefined) return missing(asked.name);
    const item = itemIn(row);
    const bound = checkBinding(item, asked);
    if (!bound.ok) return bound;
    const nonce = row['nonce'] as Uint8Array;
    const opened = openAead(this.#context(item, nonce), row['sealed'] as Uint8Array);
    if (opened !== undefined) return ok({ item, secret: Buffer.from(opened).toString('utf8') });
    const message = `${item.name} was sealed by another guardian, or changed; set it again`;
    return err({ code: 'credential.unreadable', message });
  }

  #row(name: string): Row | undefined {
    return this.#database.one('SELECT item, nonce, sealed FROM secrets WHERE name = ?', name);
  }

  #save(item: VaultItem, secret: string): VaultItem {
    const nonce = randomBytes(NONCE_BYTES);
    const sealed = sealAead(this.#context(item, nonce), encodeUtf8(secret));
    const sql = 'INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?)';
    this.#database.run(sql, item.name, JSON.stringify(item), nonce, sealed);
    return item;
  }

  /** The item is bound in: a secret that is moved to another place does not open there. */
  #context(item: VaultItem, nonce: Uint8Array) {
    const about = canonicalBytes(item);
    if (!about.ok) throw new Error(about.error.message);
    return { key: this.#key, nonce, associatedData: about.value };
  }
}

function itemIn(row: Row): VaultItem {
  return JSON.parse(row['item'] as string) as VaultItem;
}

function refused(code: string, message: string): VaultAnswer {
  return { kind: 'refused', refusal: { code, message } };
}

function missing(name: string): Result<never, Refusal> {
  const message = `there is no secret named ${name}`;
  return err({ code: 'credential.missing', message });
}
