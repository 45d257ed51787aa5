// npm runs this as `prepack`: it writes lib/, which is what the published package contains.
import { join } from 'node:path';
import { writeLib } from './shell/write-lib.ts';

const ROOT = join(import.meta.dirname, '../../..');

const { modules, assets, problems } = writeLib(ROOT, join(ROOT, 'lib'));
if (problems.length > 0) {
  process.stderr.write(`lib/ cannot be made:\n${problems.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = 1;
} else {
  process.stderr.write(`lib/: ${modules.size} modules, ${assets.length} other files\n`);
}
