import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFault } from './fault.ts';

/** Where the pages are in a checkout; a published package has them built and nothing else. */
const FOLDER = dirname(fileURLToPath(new URL('../../../workbench/index.html', import.meta.url)));
const BUILDER = join(FOLDER, 'build', 'main.ts');

/** Whose texts are in the pages too, beside the folder that `apps` is in. */
const BUILT_IN = ['ground', 'protocol', 'law', 'verifier'];

/** In a checkout: no pages are built, or texts that go into them are newer. */
export function mustBuild(folder = FOLDER): boolean {
  if (!existsSync(join(folder, 'src'))) return false;
  const page = join(folder, 'dist', 'index.html');
  if (!existsSync(page)) return true;
  const built = statSync(page).mtimeMs;
  return sourcesIn(folder).some((path) => statSync(path).mtimeMs > built);
}

/** Takes a few seconds. Throws CommandFault with what the bundler said. */
export async function buildPages(): Promise<void> {
  const child = spawn(process.execPath, [BUILDER], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => said.push(chunk));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new CommandFault({
    exit: 'unexpected',
    code: 'workbench.not_built',
    message: 'the pages of the Workbench cannot be built; npm ci installs what builds them',
    lines: Buffer.concat(said).toString('utf8').trimEnd().split('\n').slice(-8),
  });
}

function sourcesIn(folder: string): string[] {
  const others = BUILT_IN.map((name) => join(folder, '../..', name)).filter(existsSync);
  const texts = [join(folder, 'src'), ...others].flatMap((source) =>
    globSync('**/*.{ts,tsx,css}', {
      cwd: source,
      exclude: ['**/node_modules', '**/*.test.ts'],
    }).map((name) => join(source, name)),
  );
  return [join(folder, 'index.html'), ...texts];
}
