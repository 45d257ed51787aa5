import { OpenFolder, withParent } from '@ioi/folders';
import { type BytePath, childOf } from '../../core/index.ts';

/** How far repositories are looked for; whoever writes a folder may fill it. */
const SEARCH = { names: 50_000, depth: 8, repositories: 256 };

/** Searched last: they hold the most names, and seldom what somebody works on. */
const LAST = /(^|\/)(node_modules|\.venv|venv|vendor|\.cache|\.npm)$/;

export type Found = {
  /** Below the root, one letter for each byte. */
  readonly paths: readonly BytePath[];
  /** Whether something was not looked at. */
  readonly isCut: boolean;
};

/** Folders that git would take for a repository by what lies in them, whatever they are called. */
export function findRepositories(root: string, until: number): Found {
  const paths: BytePath[] = [];
  const waiting: BytePath[][] = [[''], []];
  let left = SEARCH.names;
  let isCut = false;
  for (let next = nextOf(waiting); next !== undefined; next = nextOf(waiting)) {
    if (left <= 0 || paths.length >= SEARCH.repositories || Date.now() > until) {
      return { paths, isCut: true };
    }
    const names = listed(root, next, left);
    left -= names.length + 1;
    const folders = names.filter(({ isFolder }) => isFolder).map(({ name }) => name);
    const isOne = folders.includes('objects') && names.some(({ name }) => name === 'HEAD');
    if (isOne) paths.push(next);
    if (next.split('/').length > SEARCH.depth) {
      isCut ||= folders.length > 0;
      continue;
    }
    // Of a repository only those of its modules: what else is in it is its own.
    for (const name of isOne ? folders.filter((each) => each === 'modules') : folders) {
      const below = childOf(next, name);
      waiting[LAST.test(below) ? 1 : 0]?.push(below);
    }
  }
  return { paths, isCut };
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
  } catch {
    // It went, or is a link, or closed to this account.
    return [];
  }
}

function closing<T>(folder: OpenFolder, work: (folder: OpenFolder) => T): T {
  try {
    return work(folder);
  } finally {
    folder.close();
  }
}
