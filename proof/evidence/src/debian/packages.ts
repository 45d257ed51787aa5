import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateHybridKey } from '@ioi/crypto/shell';
import {
  makeLibrary,
  makeTree,
  signSums,
  writeArchive,
  writeDebian,
  writeSingle,
  writeSums,
} from '@ioi/pack/shell';

const ROOT = resolve(import.meta.dirname, '../../../..');
/** What the release after this one is called. */
export const NEXT = '99.0.0';

export type Packages = {
  readonly version: string;
  /** The release before, and the one after, as Debian packages. */
  readonly first: string;
  readonly second: string;
  /** The one after as an archive, with digests, signatures and the key beside it. */
  readonly archive: string;
  /** This one in one file. */
  readonly single: string;
};

/** Packages of this checkout under its own version and under a later one. */
export async function makePackages(media: string, staging: string): Promise<Packages> {
  const tree = join(staging, 'tree');
  const built = process.env['IOI_BUILT'];
  if (built === undefined) await makeLibrary(ROOT, join(tree, 'lib'));
  else cpSync(built, join(tree, 'lib'), { recursive: true });
  const cpu = process.arch;
  const platform = { os: process.platform, cpu, libc: 'glibc' };
  const { release, node } = makeTree(ROOT, tree, platform);
  const { version } = release;
  const later = join(staging, 'later');
  cpSync(tree, later, { recursive: true });
  const manifest = join(later, 'package.json');
  const text = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...text, version: NEXT }));
  mkdirSync(media, { recursive: true });
  const archive = `ioi-${NEXT}.tgz`;
  writeArchive(later, '.', join(media, archive));
  writeSums(media, [archive]);
  signSums(media, generateHybridKey());
  const single = 'ioi-single';
  await writeSingle({ tree, version, node }, join(media, single));
  const debian = (of: string, called: string): string => {
    const name = `ioi_${called}.deb`;
    writeDebian({ tree: of, version: called, cpu, compression: 'none' }, join(media, name));
    return name;
  };
  const debs = { first: debian(tree, version), second: debian(later, NEXT) };
  const packages = { version, ...debs, archive, single };
  rmSync(staging, { recursive: true, force: true });
  return packages;
}
