import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { controlText } from '../core/papers.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export type Debian = {
  /** The program with its packages and Node; it is moved away. */
  readonly tree: string;
  readonly version: string;
  readonly cpu: string;
  /** How it is compressed, for dpkg-deb. */
  readonly compression: 'gzip' | 'none';
};

/** A package for Debian and what is made of it, with the whole program below /usr/lib/ioi. */
export function writeDebian({ tree, version, cpu, compression }: Debian, to: string): void {
  const architecture = ARCHITECTURES[cpu];
  if (architecture === undefined) throw new Error(`Debian has no name for ${cpu}`);
  const root = mkdtempSync(join(dirname(tree), 'debian-'));
  try {
    for (const each of ['DEBIAN', 'usr/lib', 'usr/bin']) {
      mkdirSync(join(root, each), { recursive: true });
    }
    chmodSync(root, 0o755);
    renameSync(tree, join(root, 'usr/lib/ioi'));
    symlinkSync('../lib/ioi/bin/ioi', join(root, 'usr/bin/ioi'));
    writeFileSync(join(root, 'DEBIAN/control'), controlText(version, architecture));
    const words = ['--root-owner-group', `-Z${compression}`, '--build', root, to];
    const env = { ...process.env, SOURCE_DATE_EPOCH: '0' };
    const { status, stderr } = spawnSync('dpkg-deb', words, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the Debian package was not written: ${stderr}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
