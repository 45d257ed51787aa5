import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { modeOf, type OpenFolder, specialStampOf, stampOf, withParent } from '@ioi/folders';
import { type BytePath, parentOf, type TreeEntry, type UndoStep } from '../core/index.ts';
import type { ObjectStore } from './object-store.ts';

export type NotDone = { readonly path: BytePath; readonly why: string };

/** A folder is open to us while it is filled; how it was stands again at the end. */
const OURS = 0o700;

/**
 * Does steps one by one, each whole or not at all: a file is written beside its place and renamed
 * into it. Nothing is written through a link, and what changed since `now` stays as it is. Nothing
 * is done below a folder that could not be made: where upper and lower case are one, there may be
 * another. Whoever wants all or nothing has no use for more after the first that failed.
 */
export function putBack(
  root: string,
  steps: readonly UndoStep[],
  objects: ObjectStore,
  isAllOrNothing = false,
): readonly NotDone[] {
  const failed = new Map<BytePath, string>();
  const attempt = ({ path }: UndoStep, work: () => string | undefined): void => {
    const why = reasonOf(work);
    if (why !== undefined) failed.set(path, why);
  };
  const folders: UndoStep[] = [];
  for (const step of steps) {
    attempt(step, () => {
      if (failed.has(parentOf(step.path))) return 'its folder is not there';
      return withParent(root, step.path, (folder, name) => doStep({ folder, name, step, objects }));
    });
    if (step.to?.kind === 'folder' && !failed.has(step.path)) folders.push(step);
    if (isAllOrNothing && failed.size > 0) break;
  }
  for (const step of folders.reverse()) attempt(step, () => setMode(root, step));
  return [...failed].map(([path, why]) => ({ path, why }));
}

function reasonOf(work: () => string | undefined): string | undefined {
  try {
    return work();
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    if (code === undefined) throw fault;
    return REASONS[code] ?? code;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTEMPTY: 'there is something in it',
  ELOOP: 'a link stands in its way',
  ENOTDIR: 'a link or a file stands in its way',
  EACCES: 'this account may not',
  EPERM: 'this account may not',
};

type Doing = {
  readonly folder: OpenFolder;
  readonly name: BytePath;
  readonly step: UndoStep;
  readonly objects: ObjectStore;
};

/** Why it was not done; undefined when it was. */
function doStep({ folder, name, step, objects }: Doing): string | undefined {
  const { now, to } = step;
  if (!isStill(folder, name, now)) return 'it changed meanwhile';
  if (to === undefined) return remove(folder, name, now);
  if (to.kind === 'folder') {
    if (now?.kind !== 'folder') {
      if (now !== undefined) unlinkSync(folder.place(name));
      mkdirSync(folder.place(name), { mode: OURS });
    } else openUp(folder, name, to.mode);
    return undefined;
  }
  const draft = draftName(folder, name);
  const why = prepare({ folder, name: draft, to, objects });
  if (why !== undefined) return why;
  try {
    if (!isStill(folder, name, now)) return 'it changed meanwhile';
    if (now?.kind === 'folder') rmdirSync(folder.place(name));
    renameSync(folder.place(draft), folder.place(name));
  } finally {
    discard(folder, draft);
  }
  return undefined;
}

/**
 * The same name for the same file, so that what a crash left is written over; another where a
 * program put a folder in its way.
 */
function draftName(folder: OpenFolder, name: BytePath): BytePath {
  const digest = createHash('sha256').update(name, 'latin1').digest('hex');
  const usual = `.ioi-undo-${digest.slice(0, 16)}`;
  if (folder.stat(usual)?.isDirectory() !== true) return usual;
  return `${usual}-${randomBytes(8).toString('hex')}`;
}

function remove(
  folder: OpenFolder,
  name: BytePath,
  now: TreeEntry | undefined,
): string | undefined {
  if (now?.kind === 'folder') rmdirSync(folder.place(name));
  else if (now !== undefined) unlinkSync(folder.place(name));
  return undefined;
}

type Preparing = Pick<Doing, 'folder' | 'name' | 'objects'> & { readonly to: TreeEntry };

function prepare({ folder, name, to, objects }: Preparing): string | undefined {
  discard(folder, name);
  if (to.kind === 'link') {
    symlinkSync(Buffer.from(to.target, 'latin1'), folder.place(name));
    return undefined;
  }
  if (to.kind !== 'file') return 'nothing of it was kept';
  const bytes = objects.get(to.digest);
  if (bytes === undefined) return 'what was kept of it is damaged or gone';
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const descriptor = openSync(folder.place(name), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(descriptor, bytes);
    fchmodSync(descriptor, to.mode);
  } finally {
    closeSync(descriptor);
  }
  return undefined;
}

function discard(folder: OpenFolder, name: BytePath): void {
  if (folder.stat(name) !== undefined) unlinkSync(folder.place(name));
}

/** Whether there stands what was seen; of a folder, that it is one. */
function isStill(folder: OpenFolder, name: BytePath, now: TreeEntry | undefined): boolean {
  const stat = folder.stat(name);
  if (stat === undefined || now === undefined) return stat === now;
  if (now.kind === 'folder') return stat.isDirectory();
  if (now.kind === 'link') {
    if (!stat.isSymbolicLink()) return false;
    const target = readlinkSync(folder.place(name), { encoding: 'buffer' });
    return target.toString('latin1') === now.target;
  }
  return now.stamp === stampOf(stat) || now.stamp === specialStampOf(stat);
}

function openUp(folder: OpenFolder, name: BytePath, mode: number): void {
  const inner = folder.folder(name);
  try {
    chmodSync(inner.place('.'), mode | OURS);
  } finally {
    inner.close();
  }
}

function setMode(root: string, { path, to }: UndoStep): string | undefined {
  return withParent(root, path, (folder, name) => {
    const stat = folder.stat(name);
    if (to?.kind !== 'folder' || !stat?.isDirectory() || modeOf(stat) === to.mode) return undefined;
    const inner = folder.folder(name);
    try {
      chmodSync(inner.place('.'), to.mode);
    } finally {
      inner.close();
    }
    return undefined;
  });
}
