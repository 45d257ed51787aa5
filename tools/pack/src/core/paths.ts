import { folderOf, type SpecifierKind } from '@ioi/tidy';
import type { Target } from './resolve.ts';

/**
 * The folder under `lib/` in which all modules lie once they are joined: what they name beside
 * themselves is named from there.
 */
export const CHUNKS = 'chunks';

/** The name a module has once its types are gone. */
export function published(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

/** How a file in `folder` names `path`; both are relative to the same root. */
export function relativePath(folder: string, path: string): string {
  const from = folder.split('/');
  const to = path.split('/');
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared += 1;
  const up = '../'.repeat(from.length - shared);
  return `${up === '' ? './' : up}${to.slice(shared).join('/')}`;
}

/** What is written for a specifier of the module at `from`; undefined where it stays as it is. */
export function rewritten(from: string, kind: SpecifierKind, target: Target): string | undefined {
  if (kind === 'url') return seenFromChunks(target);
  if (target.kind !== 'module') return undefined;
  return relativePath(folderOf(from), published(target.path));
}

function seenFromChunks(target: Target): string | undefined {
  switch (target.kind) {
    case 'module':
      return `../${published(target.path)}`;
    case 'asset':
    case 'built':
      return `../${target.path}`;
    case 'root':
      return `../../${target.path}`;
    case 'external':
    case 'unknown':
      return undefined;
  }
}
