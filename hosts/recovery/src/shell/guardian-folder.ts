import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuardianConfig } from '@ioi/guardian';
import { GuardianStore, readSealKey, SealKeys, SealStore, sealedState } from '@ioi/guardian/shell';
import { keys } from '@ioi/law';
import type { Genesis } from '@ioi/protocol';
import { type Appointing, isBothSigned, type SealedHead } from './appoint.ts';
import { writeDurably } from './files.ts';

/** What the guardian before left here; a backup needs nothing of it, so it may be damaged. */
export function heldBefore(guardian: string): Pick<Appointing, 'before' | 'unmade'> {
  try {
    const before = readSealKey(join(guardian, 'seal.key'));
    return { before, unmade: unmadeIn(guardian) };
  } catch {
    return {};
  }
}

/** Beside the seals of domains in a backup. */
export const NOTES_FILE = 'notes.json';

/** Signed twice while the guardian's key was at hand: a backup has no key of it. */
export async function writeNotes(
  from: string,
  staged: string,
  names: readonly string[],
): Promise<void> {
  const keysBefore = new SealKeys(readSealKey(join(from, 'seal.key')));
  const notes: Record<string, string> = {};
  for (const name of names) {
    const seals = SealStore.open(join(staged, 'domains', `${name}.db`));
    const row = seals.sealRow();
    const head = seals.get<SealedHead>(keys.node);
    seals.close();
    if (!row || head?.domain_id === undefined) continue;
    // One that was not opened since a takeover ends with the key of the one before that.
    const unmade = unmadeIn(from)[head.domain_id]?.predecessor;
    const signed = unmade?.size === String(row.size) ? unmade.note : row.note;
    notes[head.domain_id] = isBothSigned(signed)
      ? signed
      : await keysBefore.cosign(signed, sealedState(row).frontier, head.origin);
  }
  writeDurably(join(staged, NOTES_FILE), JSON.stringify(notes));
}

export function notesIn(guardian: string): Pick<Appointing, 'notes'> {
  const path = join(guardian, NOTES_FILE);
  if (!existsSync(path)) return {};
  return { notes: JSON.parse(readFileSync(path, 'utf8')) as Record<string, string> };
}

function unmadeIn(guardian: string): NonNullable<GuardianConfig['epoch_changes']> {
  return configIn(guardian).epoch_changes ?? {};
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
