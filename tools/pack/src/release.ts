// `npm run release -- DIR [--deb] [--single] [--key FILE --passphrase-file FILE]`: what is given to
// people who install it: one archive with everything in it, bill of materials, licences, digests,
// signatures.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Platform } from './core/closure.ts';
import { billText, noticesText } from './core/papers.ts';
import { writeDebian } from './shell/debian.ts';
import {
  archiveName,
  openReleaseKey,
  SUMS,
  signSums,
  sizeOf,
  writeArchive,
  writeSums,
} from './shell/release-papers.ts';
import { makeLibrary, makeTree } from './shell/release-tree.ts';
import { writeSingle } from './shell/single.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** How a container is made of the archive beside it. */
const RECIPE = 'Dockerfile';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    key: { type: 'string' },
    'passphrase-file': { type: 'string' },
    deb: { type: 'boolean' },
    single: { type: 'boolean' },
  },
});
const [given] = positionals;
const { key, 'passphrase-file': passphraseFile } = values;
if (given === undefined || (key === undefined) !== (passphraseFile === undefined)) {
  process.stderr.write(
    'npm run release -- DIR [--deb] [--single] [--key FILE --passphrase-file FILE]\n',
  );
  process.exitCode = 2;
} else {
  const folder = resolve(given);
  // A wrong passphrase is told before anything is made.
  const opened = key && passphraseFile ? await openReleaseKey(key, passphraseFile) : undefined;
  await release(folder);
  if (opened !== undefined) signSums(folder, opened);
}

async function release(folder: string): Promise<void> {
  const platform: Platform = { os: process.platform, cpu: process.arch, libc: 'glibc' };
  const staging = mkdtempSync(join(tmpdir(), 'ioi-release-'));
  try {
    mkdirSync(folder, { recursive: true });
    const made = join(staging, 'tree');
    await makeLibrary(ROOT, join(made, 'lib'));
    const tree = makeTree(ROOT, made, platform);
    const name = archiveName(tree.release, `${platform.os}-${platform.cpu}`);
    const [notices, bill] = ['THIRD-PARTY-NOTICES.txt', `${name}.cdx.json`];
    for (const place of [made, folder]) {
      writeFileSync(join(place, notices), noticesText(tree.parts));
      writeFileSync(join(place, bill), billText(tree.release, tree.parts));
    }
    const archive = `${name}.tgz`;
    writeArchive(made, '.', join(folder, archive));
    copyFileSync(join(import.meta.dirname, '..', RECIPE), join(folder, RECIPE));
    const files = [archive, bill, notices, RECIPE];
    const { version } = tree.release;
    if (values.single === true) {
      await writeSingle({ tree: made, version, node: tree.node }, join(folder, name));
      files.push(name);
    }
    if (values.deb === true) {
      const deb = `${name}.deb`;
      const { cpu } = platform;
      writeDebian({ tree: made, version, cpu, compression: 'gzip' }, join(folder, deb));
      files.push(deb);
    }
    writeSums(folder, files);
    const mib = (sizeOf(join(folder, archive)) / 2 ** 20).toFixed(1);
    process.stderr.write(`${archive}: ${mib} MiB, ${tree.parts.length} packages; ${SUMS}\n`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
