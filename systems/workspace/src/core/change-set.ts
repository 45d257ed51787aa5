import type { ChangeSet } from '@ioi/protocol';
import { textOf } from './byte-path.ts';
import type { Change } from './changes.ts';
import type { TreeEntry } from './tree.ts';

type Stood = ChangeSet['folders'][number]['changes'][number]['after'];

/** What a run did, each path with what stood there before and after: the same for the same run. */
export function changeSetOf(
  about: Pick<ChangeSet, 'run_id' | 'salt'>,
  folders: readonly { readonly root: string; readonly changes: readonly Change[] }[],
): ChangeSet {
  return {
    ...about,
    folders: folders.map(({ root, changes }) => ({
      root,
      changes: changes.map(({ path, how, before, after }) => ({
        path: textOf(path),
        how,
        ...(before === undefined ? {} : { before: stoodOf(before) }),
        ...(after === undefined ? {} : { after: stoodOf(after) }),
      })),
    })),
  };
}

/** Whatever its stamp: another machine has others. */
function stoodOf(entry: TreeEntry): NonNullable<Stood> {
  switch (entry.kind) {
    case 'file': {
      const { mode, size, digest } = entry;
      return { kind: 'file', mode, size, digest: `sha256:${digest}` };
    }
    case 'folder':
      return { kind: 'folder', mode: entry.mode };
    case 'link':
      return { kind: 'link', target: textOf(entry.target) };
    case 'left':
      return { kind: 'left', why: entry.why };
  }
}

/** What stands at a path, for people. */
export function stoodText(entry: TreeEntry | undefined): string {
  switch (entry?.kind) {
    case undefined:
      return 'nothing';
    case 'file':
      return `sha256:${entry.digest} (mode ${entry.mode.toString(8)})`;
    case 'folder':
      return `a folder (mode ${entry.mode.toString(8)})`;
    case 'link':
      return `a link to ${textOf(entry.target)}`;
    case 'left':
      return `what is not kept (${entry.why})`;
  }
}
