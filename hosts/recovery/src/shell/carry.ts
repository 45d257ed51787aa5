import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GuardianStore } from '@ioi/guardian/shell';
import type { NodeFolders } from '@ioi/protocol';

/** Made anew by whoever takes over, or folded from the log. */
const MADE_ANEW = /^(?:(?:seal|owner|phrase)\.key|(?:identity|notes)\.json|guardian\.(?:json|db))/;

/** Folders of the daemon's that a person filled; the others are folded again. */
const FILLED = ['workflows'];

/**
 * What a guardian keeps beside its keys and seals, such as its vault, what no log says, and what
 * the daemon keeps beside its log, such as the pins of tools.
 */
export function carryFiles(from: NodeFolders, to: NodeFolders, store: GuardianStore): void {
  carryBeside(from.guardian, to.guardian);
  carryBeside(from.data, to.data);
  for (const name of FILLED) carryBeside(join(from.data, name), join(to.data, name));
  if (!existsSync(join(from.guardian, 'guardian.db'))) return;
  const before = new GuardianStore(join(from.guardian, 'guardian.db'));
  try {
    store.keepFrom(before);
  } finally {
    before.close();
  }
}

/** Files of a folder beside what is made anew; those that are there already stay. */
export function carryBeside(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isFile() || MADE_ANEW.test(name) || existsSync(join(to, name))) continue;
    copyFileSync(join(from, name), join(to, name));
  }
}
