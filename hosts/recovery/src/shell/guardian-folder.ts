import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HybridKey, openKeyFile } from '@ioi/crypto/shell';
import type { GuardianConfig } from '@ioi/guardian';
import { GuardianStore, readSealKey } from '@ioi/guardian/shell';
import type { Genesis } from '@ioi/protocol';
import type { Appointing, SealedHead } from './appoint.ts';
import { Refused } from './refused.ts';

export async function openOwner(path: string, passphrase: string): Promise<HybridKey> {
  const opened = await openKeyFile(readFileSync(path, 'utf8'), passphrase);
  if (opened.ok) return opened.value;
  throw new Refused(`approver.${opened.error.code}`, opened.error.message);
}

/** What the guardian before left here; a backup needs nothing of it, so it may be damaged. */
export function heldBefore(guardian: string): Pick<Appointing, 'before' | 'unmade'> {
  try {
    const before = readSealKey(join(guardian, 'seal.key'));
    return { before, unmade: configIn(guardian).epoch_changes ?? {} };
  } catch {
    return {};
  }
}

/** The key that node_id follows from. */
export function genesisKeyOf(guardian: string, node: SealedHead): Genesis['guardian_key'] {
  return configIn(guardian).genesis_key ?? node.guardian_key;
}

function configIn(guardian: string): GuardianConfig {
  return JSON.parse(readFileSync(join(guardian, 'guardian.json'), 'utf8')) as GuardianConfig;
}

/** What a crash left beside a database is moved into it: its file alone is copied. */
export function checkpointed(path: string): void {
  new GuardianStore(path).close();
}
