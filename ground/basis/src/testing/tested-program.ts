import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');

/**
 * The program at a path below the root, such as `apps/cli/src/main.ts`: as it is published, where
 * the run of tests has made that (`IOI_BUILT` names the folder), else its source.
 */
export function testedProgram(path: string): string {
  const built = process.env['IOI_BUILT'];
  return built === undefined ? join(ROOT, path) : join(built, path.replace(/\.ts$/, '.js'));
}
