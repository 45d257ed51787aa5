// `npm run release -- DIR [--key FILE --passphrase-file FILE]`: what is given to people who install
// it: one archive with everything in it, the bill of materials, licences, digests, signatures.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Platform } from './core/closure.ts';
import { billText, noticesText } from './core/papers.ts';
import {
  archiveName,
  SUMS,
  signSums,
  sizeOf,
  writeArchive,
  writeSums,
} from './shell/release-papers.ts';
import { makeLibrary, makeTree } from './shell/release-tree.ts';

const ROOT = join(import.meta.dirname, '../../..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { key: { type: 'string' }, 'passphrase-file': { type: 'string' } },
});
const [given] = positionals;
const { key, 'passphrase-file': passphraseFile } = values;
if (given === undefined || (key === undefined) !== (passphraseFile === undefined)) {
  process.stderr.write('npm run release -- DIR [--key FILE --passphrase-file FILE]\n');
  process.exitCode = 2;
} else {
  const folder = resolve(given);
  await release(folder);
  if (key !== undefined && passphraseFile !== undefined) {
    const passphrase = readFileSync(passphraseFile, 'utf8').replace(/\r?\n$/, '');
    await signSums(folder, key, passphrase);
  }
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
    writeSums(folder, [archive, bill, notices]);
    const mib = (sizeOf(join(folder, archive)) / 2 ** 20).toFixed(1);
    process.stderr.write(`${archive}: ${mib} MiB, ${tree.parts.length} packages; ${SUMS}\n`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
