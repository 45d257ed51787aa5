import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { archiveOf, type PackedFile, type WorkerPackage } from '@ioi/law';
import type { Rejection, WorkerManifest } from '@ioi/protocol';

/** A folder of one run, which nobody else's account reads, with the files of its worker alone. */
export type UnpackedWorker = { readonly folder: string; remove(): void };

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o400;

/** How names of such folders begin. */
export const UNPACKED = 'ioi-worker-';

/** Folders of this node alone: others of this machine have theirs beside them. */
function prefixOf(nodeId: string): string {
  return `${UNPACKED}${nodeId.slice(-16)}-`;
}

type Unpacking = Pick<WorkerPackage, 'files'> & {
  readonly manifest: Pick<WorkerManifest, 'id'> & { readonly package: { readonly digest: string } };
};

/** Its files, written anew and read again: they are those that were signed, or nothing starts. */
export function unpackWorker(
  { manifest, files }: Unpacking,
  nodeId: string,
): Result<UnpackedWorker, Rejection> {
  const folder = mkdtempSync(join(tmpdir(), prefixOf(nodeId)));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true, mode: FOLDER_MODE });
      writeFileSync(join(folder, path), bytes, { flag: 'wx', mode: FILE_MODE });
    }
  } catch (fault) {
    remove();
    const message = `${manifest.id} cannot be unpacked in ${tmpdir()}: ${String(fault)}`;
    return err({ code: 'worker.not_unpacked', message });
  }
  const archive = archiveOf(filesIn(folder));
  if (archive.ok && digestBytes(archive.value) === manifest.package.digest) {
    return ok({ folder, remove });
  }
  remove();
  const message = `the files of ${manifest.id} are not those that were signed`;
  return err({ code: 'worker.package_damaged', message });
}

/** What a stop left behind; nothing of this node runs yet. */
export function sweepUnpacked(nodeId: string): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefixOf(nodeId))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another account may have made one of this name: that is no reason not to start.
    }
  }
}

function filesIn(folder: string, below = ''): PackedFile[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(folder, path);
    return [{ path, bytes: new Uint8Array(readFileSync(join(folder, path))) }];
  });
}
