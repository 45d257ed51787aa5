import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/ioi-agents', import.meta.url));

/** Where an agent's program lies that was installed to be tested; undefined where it was not. */
export function realAgent(program: string): string | undefined {
  const folder = process.env['IOI_TEST_AGENTS'] ?? CACHE;
  const path = join(folder, 'node_modules', '.bin', program);
  return existsSync(path) ? path : undefined;
}
