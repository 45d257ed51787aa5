import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PACK = fileURLToPath(new URL('../../../tools/pack/src/main.ts', import.meta.url));
const LIB = fileURLToPath(new URL('../../../lib', import.meta.url));

/** The programs as they are published, made anew: the folder they are in. */
export function packed(): string {
  const made = spawnSync(process.execPath, ['--no-warnings', PACK], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return LIB;
}
