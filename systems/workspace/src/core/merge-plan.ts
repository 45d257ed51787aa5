import { type BytePath, isText, parentOf, textOf } from './byte-path.ts';
import type { Change } from './changes.ts';
import { leadsOut } from './leads-out.ts';
import type { Tree, TreeEntry } from './tree.ts';
import { type UndoStep, undoPlan } from './undo-plan.ts';

/** A path that changed in the folder since it was copied. */
export type MergeConflict = {
  readonly path: BytePath;
  readonly base: TreeEntry | undefined;
  readonly now: TreeEntry | undefined;
};

export type MergePlan = {
  /** In the order in which they can be done. */
  readonly steps: readonly UndoStep[];
  readonly conflicts: readonly MergeConflict[];
  /** Of which no bytes were kept: they stay behind. */
  readonly lost: readonly BytePath[];
  /** What is never merged, whoever approves it. */
  readonly refused: readonly { readonly path: BytePath; readonly why: string }[];
};

export type Merging = {
  /** What a run did to a copy of the folder. */
  readonly changes: readonly Change[];
  /** The copy after the run. */
  readonly after: Tree;
  /** The folder, by its real path, as it is now. */
  readonly now: Tree;
  readonly root: BytePath;
};

/** What brings the changes of a copy into the folder; nothing is done where anything conflicts. */
export function mergePlan({ changes, after, now, root }: Merging): MergePlan {
  const { steps, conflicts, lost } = undoPlan(changes.map(turned), now, false);
  const behind = new Set(lost);
  const bases = new Map(changes.map(({ path, before }) => [path, before]));
  return {
    steps,
    conflicts: conflicts.map((path) => ({ path, base: bases.get(path), now: now.get(path) })),
    lost,
    refused: changes.flatMap((change) => {
      const why = behind.has(change.path) ? undefined : objection(change, after, root);
      return why === undefined ? [] : [{ path: change.path, why }];
    }),
  };
}

/** The paths that a merge comes to: what was kept, without the folders that others of it lie in. */
export function mergedPaths(
  changes: readonly Change[],
  lost: readonly BytePath[],
): readonly BytePath[] {
  const behind = new Set(lost);
  const kept = changes.map(({ path }) => path).filter((path) => !behind.has(path));
  const around = new Set<BytePath>();
  for (const path of kept) {
    for (let each = parentOf(path); each !== '' && !around.has(each); each = parentOf(each)) {
      around.add(each);
    }
  }
  return kept.filter((path) => !around.has(path));
}

/** A merge is what would undo the change that nobody made. */
function turned({ path, how, before, after }: Change): Change {
  const to = before?.kind === 'left' && after !== undefined ? before : after;
  return { path, how, before: to, after: before };
}

/** Bits by which a file runs as somebody else than who starts it. */
const AS_OWNER = 0o6000;

/** Where upper and lower case are one, or what nobody sees is left out, it is the folder of git. */
function isLikeGit(name: string): boolean {
  const seen = name.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
  return name !== '.git' && seen.toLowerCase().toUpperCase().toLowerCase() === '.git';
}

function objection({ path, before, after }: Change, tree: Tree, root: BytePath) {
  if (!isText(path)) return 'a name that is no UTF-8';
  if (after?.kind === 'link' && !isText(after.target)) return 'a link to a name that is no UTF-8';
  if (textOf(path).split('/').some(isLikeGit)) return 'a name that some disks take for .git';
  if (after?.kind === 'link' && leadsOut(tree, root, path)) return 'a link that leads out';
  if (after?.kind !== 'file' || (after.mode & AS_OWNER) === 0) return undefined;
  const had = before?.kind === 'file' ? before.mode & AS_OWNER : 0;
  return had === (after.mode & AS_OWNER) ? undefined : 'a program that runs as its owner';
}
