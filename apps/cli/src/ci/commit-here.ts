import { execFileSync } from 'node:child_process';

/** By which git is told of another repository than that of the folder. */
const ELSEWHERE = [
  'GIT_DIR',
  'GIT_COMMON_DIR',
  'GIT_WORK_TREE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_CONFIG_PARAMETERS',
];
/**
 * What is built may hold files that git takes for a repository, with settings of theirs: those say
 * neither which commit this is, nor what is fetched and run to find out.
 */
const HEAD = ['-c', 'safe.bareRepository=explicit', 'rev-parse', '--verify', 'HEAD'];

/** The commit a folder is at; undefined where it is of none. No object of it is read. */
export function commitHere(folder: string, environment = process.env): string | undefined {
  const said = Object.entries(environment).filter(([name]) => !ELSEWHERE.includes(name));
  try {
    return execFileSync('git', HEAD, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...Object.fromEntries(said), GIT_ALLOW_PROTOCOL: 'none' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
