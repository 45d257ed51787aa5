import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateHybridKey } from '@ioi/crypto/shell';
import {
  archiveName,
  makeLibrary,
  makeTree,
  signSums,
  writeArchive,
  writeSums,
} from '@ioi/pack/shell';
import { versionAfter } from './version-after.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');

/** Archives of two versions, each in a folder with its digests and the signatures over them. */
export type Releases = { readonly first: string; readonly next: string };

/** As people get them: the program with all its packages and Node, packed from this checkout. */
export async function makeReleases(folder: string, media: string): Promise<Releases> {
  const tree = join(folder, 'tree');
  await makeLibrary(ROOT, join(tree, 'lib'));
  const platform = { os: process.platform, cpu: process.arch, libc: 'glibc' };
  const { release } = makeTree(ROOT, tree, platform);
  const key = generateHybridKey();
  const write = (into: string, version: string): string => {
    const archive = `${archiveName({ ...release, version }, `${platform.os}-${platform.cpu}`)}.tgz`;
    mkdirSync(join(media, into), { recursive: true });
    writeArchive(tree, '.', join(media, into, archive));
    writeSums(join(media, into), [archive]);
    signSums(join(media, into), key);
    return join(into, archive);
  };
  const first = write('first', release.version);
  const manifest = join(tree, 'package.json');
  const version = versionAfter(release.version);
  const text = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...text, version }));
  const next = write('next', version);
  rmSync(tree, { recursive: true });
  return { first, next };
}
