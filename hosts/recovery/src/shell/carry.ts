import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { digestBytes } from '@ioi/canon';
import { GuardianStore } from '@ioi/guardian/shell';
import type { NodeFolders } from '@ioi/protocol';

/** Made anew by whoever takes over, or folded from the log. */
const MADE_ANEW =
  /^(?:(?:seal|owner|phrase)\.key|(?:identity|notes)\.json|guardian\.(?:json|db)|place\.json)/;

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

/** Of workers, skills and extensions, as the daemon names them: by the digest of their bytes. */
const PACKAGES = ['worker-packages', 'add-on-packages'];
const PACKAGE = /^([0-9a-f]{64})\.worker$/;

/**
 * Packages of what is installed go along, each held against the digest that its owner signed for.
 * Gives the digests of those that are something else by now: what they are of has to be installed
 * again, which takes no signature.
 */
export function carryPackages(from: string, to: string): string[] {
  return PACKAGES.flatMap((name) => carryFolder(join(from, name), join(to, name)));
}

function carryFolder(own: string, there: string): string[] {
  if (!existsSync(own)) return [];
  mkdirSync(there, { recursive: true, mode: 0o700 });
  return readdirSync(own).flatMap((name) => {
    const digest = PACKAGE.exec(name)?.[1];
    if (digest === undefined) return [];
    const bytes = new Uint8Array(readFileSync(join(own, name)));
    if (digestBytes(bytes) !== `sha256:${digest}`) return [`sha256:${digest}`];
    writeFileSync(join(there, name), bytes, { mode: 0o600, flush: true });
    return [];
  });
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
