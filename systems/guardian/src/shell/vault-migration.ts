import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8 } from '@ioi/basis';
import { canonicalBytes } from '@ioi/canon';
import { openAead } from '@ioi/crypto';
import { deriveSecret, type HybridKey } from '@ioi/crypto/shell';
import { openDatabase, type Row } from '@ioi/sqlite';
import type { VaultItem } from '../core/vault-item.ts';

/** The earlier form of a vault: one key for everything, in a database of its own. */
const FILE = 'vault.db';

export type OldSecret = { readonly item: VaultItem; readonly secret: string };

/** What it holds; without what another guardian sealed, or the disk changed. */
export function readOldVault(folder: string, sealKey: HybridKey): readonly OldSecret[] {
  return readOld(folder, sealKey).secrets;
}

/** Only once the new one is on disk. What could not be read of it stays, under another name. */
export function forgetOldVault(folder: string, sealKey: HybridKey): void {
  const path = join(folder, FILE);
  if (!existsSync(path)) return;
  if (!readOld(folder, sealKey).isWhole) renameSync(path, `${path}.unreadable`);
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

function readOld(folder: string, sealKey: HybridKey) {
  const path = join(folder, FILE);
  if (!existsSync(path)) return { secrets: [], isWhole: true };
  const key = deriveSecret(sealKey, 'ioi vault v1');
  const found: (OldSecret | undefined)[] = [];
  try {
    const database = openDatabase({ path, schema: '', format: 1, durability: 'full' });
    try {
      const rows = database.iterate('SELECT item, nonce, sealed FROM secrets ORDER BY name');
      for (const row of rows) found.push(secretIn(row, key));
    } finally {
      database.close();
    }
  } catch {
    // No database, or one with a damaged page: what came before it is taken.
    found.push(undefined);
  }
  const secrets = found.filter((each) => each !== undefined);
  return { secrets, isWhole: secrets.length === found.length };
}

function secretIn(row: Row, key: Uint8Array): OldSecret | undefined {
  const { rotations, ...item } = JSON.parse(row['item'] as string) as OldItem;
  const about = canonicalBytes({ ...item, rotations });
  if (!about.ok) return undefined;
  const context = { key, nonce: row['nonce'] as Uint8Array, associatedData: about.value };
  const opened = openAead(context, row['sealed'] as Uint8Array);
  const secret = opened && decodeUtf8(opened);
  return secret === undefined ? undefined : { item: { ...item, version: rotations + 1 }, secret };
}

type OldItem = Omit<VaultItem, 'version'> & { readonly rotations: number };
