import { type BytePath, parentOf } from './byte-path.ts';
import type { Tree } from './tree.ts';

/** As many as the kernel follows. */
const MOST_HOPS = 40;

/**
 * Whether a link leads out of the folder that the tree is of, also by way of another one. In doubt,
 * as where links lead around in a circle, or over what was installed and may be a link, it does.
 */
export function leadsOut(tree: Tree, root: BytePath, link: BytePath): boolean {
  const first = tree.get(link);
  if (first?.kind !== 'link') return false;
  let at = namesOf(parentOf(link));
  let left = namesOf(first.target);
  if (first.target.startsWith('/')) {
    const inside = below(root, first.target);
    if (inside === undefined) return true;
    [at, left] = [[], inside];
  }
  for (let hops = 0; left.length > 0; ) {
    const [name = '', ...rest] = left;
    left = rest;
    if (name === '..') {
      if (at.length === 0) return true;
      at = at.slice(0, -1);
      continue;
    }
    const next = tree.get([...at, name].join('/'));
    if (next?.kind === 'left' && next.why === 'installed') return true;
    if (next?.kind !== 'link') {
      at = [...at, name];
      continue;
    }
    hops += 1;
    if (hops > MOST_HOPS) return true;
    const isAbsolute = next.target.startsWith('/');
    const inside = isAbsolute ? below(root, next.target) : namesOf(next.target);
    if (inside === undefined) return true;
    if (isAbsolute) at = [];
    left = [...inside, ...left];
  }
  return false;
}

function below(root: BytePath, target: BytePath): BytePath[] | undefined {
  if (target === root) return [];
  return target.startsWith(`${root}/`) ? namesOf(target.slice(root.length)) : undefined;
}

function namesOf(path: BytePath): BytePath[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
