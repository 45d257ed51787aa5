import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifierRegistry } from '@ioi/crypto';
import { entropyOf } from '@ioi/crypto/phrase';
import { type HybridKey, openKeyFile } from '@ioi/crypto/shell';
import { identityOf, ownerOf, writeIdentity, writeOwner } from '@ioi/guardian/owner';
import { holdIdentity } from '@ioi/law';
import type { OwnerIdentity, OwnerSource } from '@ioi/protocol';
import { writeDurably } from './files.ts';
import { Refused } from './refused.ts';

/** Whoever may take a node over: further ways to show it, such as shares, become owners here. */
export type OpenedOwner = { readonly key: HybridKey; readonly identity: OwnerIdentity };

export async function openOwner(source: OwnerSource): Promise<OpenedOwner> {
  if (source.kind === 'phrase') {
    const entropy = entropyOf(source.phrase);
    if (entropy.ok) return ownerOf(entropy.value);
    throw new Refused(entropy.error.code, entropy.error.message);
  }
  const opened = await openKeyFile(readFileSync(source.path, 'utf8'), source.passphrase);
  if (opened.ok) return { key: opened.value, identity: identityOf(opened.value) };
  throw new Refused(`approver.${opened.error.code}`, opened.error.message);
}

/** The owner's files of the guardian that takes over, behind the passphrase that was given. */
export async function writeOwnerFiles(
  folder: string,
  owner: OpenedOwner,
  source: OwnerSource,
): Promise<void> {
  if (source.kind === 'phrase') return writeOwner(folder, owner, source.passphrase);
  writeDurably(join(folder, 'owner.key'), readFileSync(source.path, 'utf8'));
  const before = dirname(source.path);
  if (!isIdentityOf(before, owner)) return writeIdentity(folder, owner.identity);
  for (const name of ['identity.json', 'phrase.key']) {
    const path = join(before, name);
    if (existsSync(path)) writeDurably(join(folder, name), readFileSync(path, 'utf8'));
  }
}

/** One beside the key says more than the key alone: the account of the phrase. */
function isIdentityOf(folder: string, { identity }: OpenedOwner): boolean {
  const path = join(folder, 'identity.json');
  if (!existsSync(path)) return false;
  const held = holdIdentity(JSON.parse(readFileSync(path, 'utf8')), verifierRegistry());
  return held.ok && held.value.did === identity.did;
}
