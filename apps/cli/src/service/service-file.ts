import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServiceKind } from '../core/service/service-kind.ts';
import type { FileState } from '../core/service/standing.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { keepNames } from '../shell/keep-names.ts';
import { type Lock, lockFile } from '../shell/lock.ts';

/** What `ioi service install` did, or began to do, so that it can be undone. */
export type ServiceRecord = {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly path: string;
  /** SHA-256 of what was written, in hex. */
  readonly written: string;
  /** What it starts. */
  readonly program: readonly string[];
  /** Where the file is that was there before. */
  readonly before?: string | undefined;
  /** Whose files were given to accounts of the node, and are given back at the end. */
  readonly givenBy?: { readonly uid: number; readonly gid: number } | undefined;
};

const FORMAT = 'ioi-service/1';
const NAMES_A_SECOND = 60;

export function readServiceRecord(home: Home): ServiceRecord | undefined {
  const path = recordPath(home);
  let said: string;
  try {
    said = readFileSync(path, 'utf8');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, messageOf(fault));
  }
  try {
    const { format, ...record } = JSON.parse(said) as ServiceRecord & { readonly format?: unknown };
    if (format === FORMAT) return record;
  } catch {
    // Said below, like any other file that is not ours.
  }
  throw unreadable(path, 'it is no record of a service');
}

/** On the disk before anything is done that it tells of. */
export function writeServiceRecord(home: Home, record: ServiceRecord): void {
  const path = recordPath(home);
  const bytes = `${JSON.stringify({ format: FORMAT, ...record }, null, 2)}\n`;
  rmSync(`${path}.part`, { force: true });
  // Whoever may reach a node with accounts of its own may ask how its service stands.
  const mode = record.givenBy === undefined ? 0o600 : 0o640;
  writeFileSync(`${path}.part`, bytes, { mode, flush: true, flag: 'wx' });
  renameSync(`${path}.part`, path);
  keepNames(home.folder);
}

export function removeServiceRecord(home: Home): void {
  rmSync(recordPath(home), { force: true });
}

/** What lies at the place of a service's file, told by the digest of what was written there. */
export function lookAtFile(
  path: string,
  written: string | undefined,
): { readonly state: FileState; readonly text: string } {
  try {
    if (!lstatSync(path).isFile()) return { state: 'no_file', text: '' };
    const text = readFileSync(path, 'utf8');
    if (written === undefined) return { state: 'foreign', text };
    return { state: digestText(text) === written ? 'as_written' : 'edited', text };
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'missing', text: '' };
    throw unreadable(path, messageOf(fault));
  }
}

/** Whole or not at all, and through no link that lies in the way. */
export function writeServiceFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = join(dirname(path), `.ioi-${process.pid}.new`);
    rmSync(fresh, { force: true });
    writeFileSync(fresh, text, { mode: 0o644, flag: 'wx', flush: true });
    renameSync(fresh, path);
    keepNames(dirname(path));
  } catch (fault) {
    throw notWritten(path, fault as NodeJS.ErrnoException);
  }
}

/** Sets a file aside under a name that no manager reads and nothing else has. */
export function setFileAside(path: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  for (let count = 0; count < NAMES_A_SECOND; count += 1) {
    const aside = `${path}.kept-${stamp}${count === 0 ? '' : `-${count}`}`;
    if (lstatSync(aside, { throwIfNoEntry: false }) !== undefined) continue;
    renameSync(path, aside);
    return aside;
  }
  throw unreadable(path, 'it cannot be set aside, too often');
}

export function digestText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One change at a time; undefined where another is under way. */
export function lockService({ folder }: Home): Lock | undefined {
  return lockFile(join(folder, 'service.lock'));
}

function recordPath({ folder }: Home): string {
  return join(folder, 'service.json');
}

function unreadable(path: string, why: string): CommandFault {
  const message = `${path} cannot be read: ${why}`;
  const next = 'look at it, and move it away';
  return new CommandFault({ exit: 'usage', code: 'service.unreadable', message, next });
}

function notWritten(path: string, fault: NodeJS.ErrnoException): CommandFault {
  const isClosed = fault.code === 'EACCES' || fault.code === 'EPERM' || fault.code === 'EROFS';
  const message = `${path} was not written: ${messageOf(fault)}`;
  const next = isClosed ? 'sudo, with IOI_HOME as it is here, and --system' : 'the same again';
  return new CommandFault({ exit: 'unexpected', code: 'service.not_written', message, next });
}
