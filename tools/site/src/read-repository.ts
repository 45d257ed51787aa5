import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const READ = /\.(md|json|ts)$/;

/** Every tracked file by its path; of those that no page is made of, that they are there. */
export function readRepository(root: string): ReadonlyMap<string, string> {
  const words = ['ls-files', '-co', '--exclude-standard', '-z'];
  const listed = execFileSync('git', words, { cwd: root });
  const paths = listed
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
  return new Map(
    paths.map((path) => [path, READ.test(path) ? readFileSync(join(root, path), 'utf8') : '']),
  );
}
