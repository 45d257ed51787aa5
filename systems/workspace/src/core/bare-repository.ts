import { type BytePath, parentOf } from './byte-path.ts';
import type { Tree } from './tree.ts';

const MARKS = ['head', 'objects', 'refs', 'commondir'];

/**
 * Tells what lies in a folder that git takes for a repository though none is called `.git`: whoever
 * starts git in it, or below, starts what its settings and hooks say.
 */
export function inBareRepository(tree: Tree): (path: BytePath) => boolean {
  const marks = new Map<BytePath, Set<string>>();
  for (const path of tree.keys()) {
    const folder = parentOf(path);
    const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
    if (!MARKS.includes(name)) continue;
    const seen = marks.get(folder);
    if (seen === undefined) marks.set(folder, new Set([name]));
    else seen.add(name);
  }
  const isBare = (folder: BytePath): boolean => {
    const seen = marks.get(folder);
    if (seen?.has('head') !== true) return false;
    return seen.has('commondir') || (seen.has('objects') && seen.has('refs'));
  };
  return (path) => {
    for (let at = path; at !== ''; at = parentOf(at)) if (isBare(at)) return true;
    return isBare('');
  };
}
