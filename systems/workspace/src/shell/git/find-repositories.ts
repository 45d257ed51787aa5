import { OpenFolder, withParent } from '@ioi/folders';
import { type BytePath, childOf } from '../../core/index.ts';

/** How far repositories are looked for; whoever writes a folder may fill it. */
const SEARCH = { names: 50_000, depth: 8, repositories: 256 };

/** Searched last: they hold the most names, and seldom what somebody works on. */
const LAST = /(^|\/)(node_modules|\.venv|venv|vendor|\.cache|\.npm)$/;

/** Of a repository: where objects lie by themselves. */
const LOOSE = /^[0-9a-f]{2}$/;

export type Found = {
  /** Below the root, one letter for each byte. */
  readonly paths: readonly BytePath[];
  /** Whether something was not looked at. */
  readonly isCut: boolean;
  /** It was given up: what it would have found is another time elsewhere. */
  readonly isGivenUp: boolean;
};

/** Folders that git would take for a repository by what lies in them, whatever they are called. */
export function findRepositories(root: string, until: number): Found {
  const paths: BytePath[] = [];
  const waiting: BytePath[][] = [[''], []];
  let left = SEARCH.names;
  let isCut = false;
  for (let next = nextOf(waiting); next !== undefined; next = nextOf(waiting)) {
    if (left <= 0 || paths.length >= SEARCH.repositories || Date.now() > until) {
      return { paths, isCut: true, isGivenUp: true };
    }
    const names = listed(root, next, left);
    if (names === undefined || names.length >= left) isCut = true;
    if (names === undefined) continue;
    left -= names.length + 1;
    const folders = names.filter(({ isFolder }) => isFolder).map(({ name }) => name);
    const isOne = folders.includes('objects') && names.some(({ name }) => name === 'HEAD');
    if (isOne) paths.push(next);
    if (next.split('/').length > SEARCH.depth) {
      isCut ||= folders.length > 0;
      continue;
    }
    // Whoever makes a folder look like a repository hides nothing in it, but where objects lie.
    const isStore = paths.some((path) => next === childOf(path, 'objects'));
    for (const name of isStore ? folders.filter((each) => !LOOSE.test(each)) : folders) {
      const below = childOf(next, name);
      const isOwn = isStore || (isOne && name !== 'modules' && name !== '.git');
      waiting[isOwn || LAST.test(below) ? 1 : 0]?.push(below);
    }
  }
  return { paths, isCut, isGivenUp: false };
}

function nextOf([first = [], last = []]: BytePath[][]): BytePath | undefined {
  return first.shift() ?? last.shift();
}

function listed(root: string, path: BytePath, most: number) {
  const look = (folder: OpenFolder) => {
    return folder.names(most).map((name) => {
      return { name, isFolder: folder.stat(name)?.isDirectory() === true };
    });
  };
  try {
    if (path === '') return closing(OpenFolder.at(root), look);
    return withParent(root, path, (around, name) => closing(around.folder(name), look));
  } catch (fault) {
    // It went, or is a link; what is closed to this account may be anything.
    const isGone = ['ENOENT', 'ENOTDIR', 'ELOOP'];
    return isGone.includes(String((fault as NodeJS.ErrnoException).code)) ? [] : undefined;
  }
}

function closing<T>(folder: OpenFolder, work: (folder: OpenFolder) => T): T {
  try {
    return work(folder);
  } finally {
    folder.close();
  }
}
