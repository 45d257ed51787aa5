import type { BytePath } from './byte-path.ts';
import { isSame, type Tree, type TreeEntry } from './tree.ts';

export type Change = {
  readonly path: BytePath;
  readonly how: 'added' | 'changed' | 'removed';
  readonly before: TreeEntry | undefined;
  readonly after: TreeEntry | undefined;
};

/** What is not as it was, in the order of paths. */
export function changesBetween(before: Tree, after: Tree): Change[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].sort().flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (isSame(was, is)) return [];
    const how = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    return [{ path, how, before: was, after: is }];
  });
}
