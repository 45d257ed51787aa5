// `npm run site [-- FOLDER]`: the documentation as pages, in `site/` unless told.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSite } from './core/index.ts';
import { readRepository } from './read-repository.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = join(import.meta.dirname, 'page');

process.exitCode = main(resolve(process.argv[2] ?? join(ROOT, 'site')));

function main(folder: string): number {
  const { files, problems } = buildSite(readRepository(ROOT));
  if (problems.length > 0) {
    process.stderr.write(`there is no site:\n${problems.join('\n')}\n`);
    return 1;
  }
  rmSync(folder, { recursive: true, force: true });
  for (const [place, text] of files) {
    const path = join(folder, place);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const name of readdirSync(PAGE)) {
    writeFileSync(join(folder, name), readFileSync(join(PAGE, name)));
  }
  const pages = [...files.keys()].filter((place) => place.endsWith('.html')).length;
  process.stderr.write(`${pages} pages in ${folder}: begin with index.html\n`);
  return 0;
}
