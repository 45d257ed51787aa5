import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, sign } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HybridKey, openKeyFile } from '@ioi/crypto/shell';
import { type Release, type Sum, sumsText } from '../core/papers.ts';

export const SUMS = 'SHA256SUMS';

/** One archive, the same bytes for the same tree: times, owners and order are of no machine. */
export function writeArchive(above: string, name: string, to: string): void {
  const even = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const form = ['--format=ustar', '--mode=u+rwX,go+rX,go-w', '--use-compress-program=gzip -n'];
  const words = [...even, ...form, '-cf', to, '-C', above, name];
  const { status, stderr } = spawnSync('tar', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the archive was not written: ${stderr}`);
}

/** Digests of files of a folder, in a file beside them. */
export function writeSums(folder: string, files: readonly string[]): void {
  const sums = files.map((file): Sum => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    return { file, sha256 };
  });
  writeFileSync(join(folder, SUMS), sumsText(sums));
}

export async function openReleaseKey(file: string, passphraseFile: string): Promise<HybridKey> {
  const passphrase = readFileSync(passphraseFile, 'utf8').replace(/\r?\n$/, '');
  const opened = await openKeyFile(readFileSync(file, 'utf8'), passphrase);
  if (!opened.ok) throw new Error(`${file}: ${opened.error.message}`);
  return opened.value;
}

/** Signs the digests, so that both halves can be checked with other programs than ours. */
export function signSums(folder: string, key: HybridKey): void {
  const bytes = readFileSync(join(folder, SUMS));
  writeFileSync(join(folder, `${SUMS}.ed25519`), sign(null, bytes, key.ed25519));
  writeFileSync(join(folder, `${SUMS}.mldsa44`), sign(null, bytes, key.mlDsa44));
  const pem = createPublicKey(key.ed25519).export({ type: 'spki', format: 'pem' });
  writeFileSync(join(folder, 'release-key.ed25519.pem'), pem);
  writeFileSync(join(folder, 'release-key.json'), `${JSON.stringify(key.publicKey)}\n`);
}

export function sizeOf(path: string): number {
  return statSync(path).size;
}

export function archiveName({ version }: Release, platform: string): string {
  return `ioi-${version}-${platform}`;
}
