// npm runs this as `prepack`: it writes lib/, which is what the published package contains. Given a
// folder, it makes the package there instead: what the tests start is what is published.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeLib } from './shell/write-lib.ts';

const ROOT = join(import.meta.dirname, '../../..');
const folder = resolve(process.argv[2] ?? ROOT);

const { modules, assets, problems } = await writeLib(ROOT, join(folder, 'lib'));
if (problems.length > 0) {
  process.stderr.write(`lib/ cannot be made:\n${problems.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = 1;
} else {
  if (folder !== ROOT) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  }
  process.stderr.write(`lib/: ${modules.size} modules, ${assets.length} other files\n`);
}
