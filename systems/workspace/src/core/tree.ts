import type { BytePath } from './byte-path.ts';

/** Why nothing of a file's bytes is kept. */
export type LeftOut =
  | 'apart'
  | 'large'
  | 'room'
  | 'installed'
  | 'unreadable'
  | 'changing'
  | 'special'
  | 'deep';

/** What stood at one path. A stamp changes with whatever is done to a file. */
export type TreeEntry =
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'link'; readonly target: BytePath }
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly size: number;
      readonly stamp: string;
      readonly digest: string;
    }
  | { readonly kind: 'left'; readonly why: LeftOut; readonly stamp: string };

/** Everything below one folder at one time. */
export type Tree = ReadonlyMap<BytePath, TreeEntry>;

/** Whether nothing was done to it. What is kept is compared by its bytes, all else by stamps. */
export function isSame(one: TreeEntry | undefined, other: TreeEntry | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.kind === 'folder') return other.kind === 'folder' && one.mode === other.mode;
  if (one.kind === 'link') return other.kind === 'link' && one.target === other.target;
  if (other.kind === 'folder' || other.kind === 'link') return false;
  if (one.kind === 'file' && other.kind === 'file') {
    return one.digest === other.digest && one.mode === other.mode;
  }
  return one.stamp === other.stamp;
}
