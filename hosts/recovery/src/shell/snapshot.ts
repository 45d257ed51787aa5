import { chmodSync, copyFileSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuardianStore, isVaultWhole, SealStore } from '@ioi/guardian/shell';
import type { NodeFolders } from '@ioi/protocol';
import { isBackedUp } from '../core/backup-file.ts';
import { checkWhole } from './domains.ts';
import { makeFolder } from './files.ts';
import { NOTES_FILE, writeNotes } from './guardian-folder.ts';
import { Refused } from './refused.ts';

const ALL_PAGES = 2 ** 31 - 1;
const TRIES = 50;
const PAUSE_MS = 60;

/**
 * Copies what a running node keeps, each database as it was at one moment. Databases come first:
 * a key of contents is on disk before the row that uses it. Gives the paths of the copies.
 */
export async function snapshot(folders: NodeFolders, into: string): Promise<string[]> {
  const found = (['guardian', 'data'] as const).flatMap((root) =>
    filesBelow(folders[root], root).filter(isBackedUp),
  );
  const place = (path: string): string =>
    join(folders[rootOf(path)], path.slice(path.indexOf('/')));
  const databases = found.filter((path) => path.endsWith('.db'));
  const files = found.filter((path) => !path.endsWith('.db'));
  for (const path of databases) await copyDatabase(place(path), join(into, path));
  const copied = files.filter((path) => copyFile(place(path), join(into, path)));
  if (copied.some((path) => VAULT.test(path))) await matchVault(folders.guardian, into);
  const domains = domainsIn(databases);
  for (const name of domains) await matchDomain(name, folders, into);
  await writeNotes(folders.guardian, join(into, 'guardian'), domains);
  return [...databases, ...copied, `guardian/${NOTES_FILE}`];
}

const rootOf = (path: string): keyof NodeFolders =>
  path.startsWith('guardian/') ? 'guardian' : 'data';

/** False where it was forgotten meanwhile: then nothing refers to it any more. */
function copyFile(from: string, to: string): boolean {
  makeFolder(dirname(to));
  try {
    copyFileSync(from, to);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fault;
  }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  makeFolder(dirname(to));
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(database, to, { rate: ALL_PAGES });
  } finally {
    database.close();
  }
  chmodSync(to, 0o600);
}

const VAULT = /^guardian\/vault\..*lines$/;

/**
 * The vault and what the guardian remembers of it are of one moment, or it is no vault at all. One
 * that the node itself refuses goes along as it is.
 */
async function matchVault(guardian: string, into: string): Promise<void> {
  const copy = join(into, 'guardian');
  for (let left = TRIES; left > 0 && !vaultMatches(copy); left -= 1) {
    await sleep(PAUSE_MS);
    const names = readdirSync(guardian).filter((name) => VAULT.test(`guardian/${name}`));
    for (const name of names) copyFile(join(guardian, name), join(copy, name));
    await copyDatabase(join(guardian, 'guardian.db'), join(copy, 'guardian.db'));
  }
}

function vaultMatches(guardian: string): boolean {
  const store = new GuardianStore(join(guardian, 'guardian.db'));
  try {
    return isVaultWhole(guardian, store.vault);
  } finally {
    store.close();
  }
}

const SEALS = /^guardian\/domains\/([^/]+)\.db$/;

function domainsIn(databases: readonly string[]): string[] {
  return databases.flatMap((path) => SEALS.exec(path)?.[1] ?? []);
}

/** The log of a domain and its seal are two files: copied again until they are of one moment. */
async function matchDomain(name: string, folders: NodeFolders, into: string): Promise<void> {
  const seals = `domains/${name}.db`;
  const log = `domains/${name}/log.db`;
  for (let left = TRIES; ; left -= 1) {
    if (isWhole(join(into, 'guardian', seals), join(into, 'data', dirname(log)))) return;
    if (left === 0) break;
    await sleep(PAUSE_MS);
    await copyDatabase(join(folders.data, log), join(into, 'data', log));
    await copyDatabase(join(folders.guardian, seals), join(into, 'guardian', seals));
  }
  const message = `the domain ${name} was written to all the while; try again when it rests`;
  throw new Refused('backup.domain_busy', message);
}

function isWhole(seals: string, folder: string): boolean {
  const store = SealStore.open(seals);
  try {
    const row = store.sealRow();
    if (row !== undefined) checkWhole(folder, row.size, row.note);
    return true;
  } catch {
    return false;
  } finally {
    store.close();
  }
}

function filesBelow(folder: string, name: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(join(folder, entry.name), path);
    return entry.isFile() ? [path] : [];
  });
}
