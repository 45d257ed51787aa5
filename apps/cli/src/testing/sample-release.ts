import { execFileSync } from 'node:child_process';
import { createHash, type KeyObject, sign } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LAUNCHER = new URL('../../../../bin/ioi.cjs', import.meta.url);

export type SampleRelease = {
  /** The published form of the project. */
  readonly lib: string;
  readonly version: string;
  /** Says its version, and runs no node. */
  readonly isBroken?: boolean;
};

/** A release of this very program under another number, with the Node that runs the tests. */
export function makeRelease(folder: string, { lib, version, isBroken }: SampleRelease): string {
  const tree = join(folder, `tree-${version}`);
  mkdirSync(join(tree, 'bin'), { recursive: true });
  cpSync(lib, join(tree, 'lib'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(dirname(lib), 'package.json'), 'utf8'));
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ ...manifest, version }));
  writeFileSync(join(tree, 'bin/ioi.cjs'), readFileSync(LAUNCHER));
  const root = 'root=$(cd -P -- "$(dirname -- "$0")/.." && pwd -P)';
  const start = `exec '${process.execPath}' "$root/bin/ioi.cjs" "$@"`;
  writeFileSync(join(tree, 'bin/ioi'), `#!/bin/sh\n${root}\n${start}\n`);
  chmodSync(join(tree, 'bin/ioi'), 0o755);
  if (isBroken) writeFileSync(join(tree, 'lib/hosts/daemon/src/main.js'), 'process.exit(78);\n');
  const file = join(folder, `ioi-${version}.tgz`);
  execFileSync('tar', ['--format=ustar', '-czf', file, '-C', tree, '.']);
  return file;
}

/** Digests of files, signed by both halves of a key. */
export function signRelease(
  folder: string,
  files: readonly string[],
  key: { readonly ed25519: KeyObject; readonly mlDsa44: KeyObject },
): void {
  const lines = files.map((file) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    return `${digest}  ${file}\n`;
  });
  const sums = join(folder, 'SHA256SUMS');
  writeFileSync(sums, lines.join(''));
  writeFileSync(`${sums}.ed25519`, sign(null, readFileSync(sums), key.ed25519));
  writeFileSync(`${sums}.mldsa44`, sign(null, readFileSync(sums), key.mlDsa44));
}
