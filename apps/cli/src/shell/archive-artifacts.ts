import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ArchivePart, ArtifactEnvelope, RecoveryJob } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import { refusedArchive } from './archive-files.ts';
import { flagOption, type Options, textOption } from './context.ts';
import { keepNames } from './keep-names.ts';

type Parts = NonNullable<Extract<RecoveryJob, { kind: 'seal_archive' }>['parts']>;

const TAKE = '--artifacts FOLDER takes their bytes along';

/**
 * The files with the bytes of what is attached, by the folder that holds each under its CID or its
 * SHA-256 in hex. Undefined where they stay where they are, or nothing is attached.
 */
export function partsOf(
  artifacts: readonly ArtifactEnvelope[],
  options: Options,
): Parts | undefined {
  const given = textOption(options, 'artifacts');
  if (artifacts.length === 0 || (given === undefined && flagOption(options, 'artifactsStay'))) {
    return undefined;
  }
  if (given === undefined) {
    const message = `${artifacts.length} artifacts are attached, whose bytes are not in the log`;
    const ways = `${TAKE}; --artifacts-stay leaves them where they are`;
    throw refusedArchive('archive.artifact_missing', `${message}: ${ways}`);
  }
  const folder = resolve(given);
  const parts = new Map<string, Parts[number]>();
  for (const artifact of artifacts) {
    const sha256 = hexOf(artifact);
    const bytes = Number(artifact.size_bytes);
    const path = [sha256, artifact.cid].map((name) => join(folder, name)).find(existsSync);
    if (path === undefined) {
      const what = `${artifact.artifact_id} is not in ${visible(folder)}`;
      const where = `put it there as ${sha256}`;
      throw refusedArchive('archive.artifact_missing', `${what}: ${where}`);
    }
    const isOfSize = statSync(path).size === bytes && (parts.get(sha256)?.bytes ?? bytes) === bytes;
    if (!isOfSize) throw changed(artifact, path);
    parts.set(sha256, { sha256, bytes, path });
  }
  return [...parts.values()];
}

/** The folder for what goes along in an archive; it has to be named. */
export function artifactsFolder(options: Options, isAlong: boolean): string | undefined {
  const given = textOption(options, 'artifacts');
  if (!isAlong) return undefined;
  if (given !== undefined) return resolve(given);
  const message = 'bytes of artifacts go along in it: say where to, --artifacts FOLDER';
  throw refusedArchive('archive.artifacts_unplaced', message);
}

/** What goes along is what the log says is attached: all of it, and nothing else. */
export function holdParts(
  artifacts: readonly ArtifactEnvelope[],
  { parts, isAlong }: { readonly parts: readonly ArchivePart[] | undefined; isAlong: boolean },
): void {
  if ((parts !== undefined) !== isAlong) throw differ('says otherwise of its artifacts');
  if (parts === undefined) return;
  const sizes = new Map(parts.map(({ sha256, bytes }) => [sha256, bytes]));
  const named = new Set(artifacts.map(hexOf));
  const isAll = artifacts.every((each) => sizes.get(hexOf(each)) === Number(each.size_bytes));
  if (!isAll || named.size !== sizes.size) throw differ('has other artifacts than its log names');
}

/** Under their names, once everything was checked; what is there already is the same. */
export function placeParts(staging: string, folder: string, parts: readonly ArchivePart[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { sha256 } of parts) renameSync(join(staging, sha256), join(folder, sha256));
  keepNames(folder);
}

function hexOf({ sha256 }: ArtifactEnvelope): string {
  return sha256.slice('sha256:'.length);
}

function changed({ artifact_id }: ArtifactEnvelope, path: string) {
  const message = `${visible(path)} is not as long as ${artifact_id} is said to be`;
  return refusedArchive('archive.artifact_changed', message);
}

function differ(what: string) {
  return refusedArchive('archive.artifacts_differ', `the archive ${what}`);
}
