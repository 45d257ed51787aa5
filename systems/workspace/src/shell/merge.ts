import type { MergePlan } from '../core/index.ts';
import {
  type BytePath,
  changesBetween,
  isSame,
  mergePlan,
  stoodText,
  textOf,
  undoPlan,
} from '../core/index.ts';
import { putBack } from './put-back.ts';
import type { RunFolder, RunRecord, RunStore } from './run-store.ts';

/** What merging a run comes to in one of its folders. */
export type FolderMerge = MergePlan & {
  readonly root: string;
  /** Why nothing can be said about it. */
  readonly unseen?: string;
};

export type MergeOutcome =
  | { readonly kind: 'merged' }
  /** Nothing of it stands in any folder; `code` is dotted. */
  | { readonly kind: 'not_merged'; readonly code: string; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

type Refusal = Pick<Extract<MergeOutcome, { kind: 'not_merged' }>, 'code' | 'why'>;

const NOTHING: MergePlan = { steps: [], conflicts: [], lost: [], refused: [] };
const NAMED = 10;

/** Nothing is changed. Against the folders as they are now. */
export function checkMerge(store: RunStore, record: RunRecord): FolderMerge[] {
  return record.folders.map((folder): FolderMerge => {
    const { root } = folder;
    const trees = treesOf(store, folder);
    if (trees === undefined) return { root, unseen: 'what it changed is not kept', ...NOTHING };
    const changes = changesBetween(trees.before, trees.after);
    if (changes.length === 0) return { root, ...NOTHING };
    const now = store.now(root, record.apart);
    if (now === undefined) return { root, unseen: 'the folder cannot be looked at', ...NOTHING };
    const bytes = Buffer.from(root).toString('latin1');
    return { root, ...mergePlan({ changes, after: trees.after, now, root: bytes }) };
  });
}

/** Why nothing of it is merged: by the names of the paths, and what stands there. */
export function mergeRefusal(folders: readonly FolderMerge[]): Refusal | undefined {
  const unseen = folders.find((each) => each.unseen !== undefined);
  if (unseen !== undefined)
    return { code: 'merge.unseen', why: `${unseen.root}: ${unseen.unseen}` };
  const refused = folders.flatMap(({ root, refused: all }) =>
    all.map(({ path, why }) => `${placeOf(root, path)}: ${why}`),
  );
  if (refused.length > 0) return { code: 'merge.refused', why: listed(refused) };
  const conflicts = folders.flatMap(({ root, conflicts: all }) =>
    all.map(({ path, base, now }) => {
      return `${placeOf(root, path)}: it was ${stoodText(base)}, and is ${stoodText(now)}`;
    }),
  );
  if (conflicts.length > 0) return { code: 'merge.conflict', why: listed(conflicts) };
  return undefined;
}

/**
 * Brings what a run did to copies into the folders, all of it or nothing, as a run of its own that
 * can be put back. Whoever is cut short leaves a record without an end, which is settled later.
 */
export function merge(store: RunStore, record: RunRecord, mergeId: string): MergeOutcome {
  return store.undoing(() => {
    const refusal = mergeRefusal(checkMerge(store, record));
    if (refusal !== undefined) return { kind: 'not_merged', ...refusal };
    const { run_id: of, command, apart, folders } = record;
    const roots = folders.map(({ root }) => root);
    store.begin({ run_id: mergeId, kind: 'merge', of, command, apart, roots });
    return finish(store, record, mergeId);
  });
}

/** What became of a merge: one that was cut short is finished, or put back where it cannot be. */
export function settleMerge(store: RunStore, mergeId: string): MergeOutcome {
  return store.undoing(() => {
    const begun = store.find(mergeId);
    if (begun === undefined)
      return { kind: 'not_merged', code: 'merge.not_begun', why: 'not begun' };
    if (begun.ended !== undefined) return { kind: 'merged' };
    const record = store.find(begun.of ?? '');
    if (record === undefined) return { kind: 'unknown', why: 'the run is no longer kept' };
    return finish(store, record, mergeId);
  });
}

function finish(store: RunStore, record: RunRecord, mergeId: string): MergeOutcome {
  const folders = checkMerge(store, record);
  const refusal = mergeRefusal(folders);
  if (refusal !== undefined) return takeBack(store, record, { mergeId, ...refusal });
  const failed: string[] = [];
  for (const { root, steps } of folders) {
    if (failed.length > 0) break;
    for (const { path, why } of putBack(root, steps, store.objects, true)) {
      failed.push(`${placeOf(root, path)}: ${why}`);
    }
  }
  const left = checkMerge(store, record).flatMap(({ root, steps, conflicts }) =>
    [...steps, ...conflicts].map(({ path }) => `${placeOf(root, path)}: it stands otherwise`),
  );
  const wrong = [...failed, ...left];
  if (wrong.length > 0) {
    return takeBack(store, record, { mergeId, code: 'merge.failed', why: listed(wrong) });
  }
  store.end({ run_id: mergeId });
  return { kind: 'merged' };
}

type Failed = Refusal & { readonly mergeId: string };

/**
 * What stands as the merge left it is put back; what somebody changed since stays. Whether that is
 * over something of the merge nobody can tell, but where it stands as when the merge began.
 */
function takeBack(store: RunStore, record: RunRecord, failed: Failed): MergeOutcome {
  const { mergeId, code, why } = failed;
  const begun = store.find(mergeId)?.folders ?? [];
  const stuck = record.folders.flatMap((folder) => {
    const { root } = folder;
    const trees = treesOf(store, folder);
    const now = store.now(root, record.apart);
    if (trees === undefined || now === undefined) return [root];
    const start = begun.find((each) => each.root === root)?.before;
    const stood = start && store.objects.tree(start);
    const plan = undoPlan(changesBetween(trees.before, trees.after), now, false);
    const open = [...plan.conflicts, ...plan.lost].filter(
      (path) => !stood || !isSame(now.get(path), stood.get(path)),
    );
    const left = putBack(root, plan.steps, store.objects).map(({ path }) => path);
    return [...new Set([...open, ...left])].map((path) => placeOf(root, path));
  });
  if (stuck.length > 0) {
    store.end({ run_id: mergeId });
    return { kind: 'unknown', why: `${why}; not put back: ${listed(stuck)}` };
  }
  store.forget(mergeId);
  return { kind: 'not_merged', code, why };
}

function treesOf(store: RunStore, { before, after }: RunFolder) {
  const was = before && store.objects.tree(before);
  const is = after && store.objects.tree(after);
  return was && is ? { before: was, after: is } : undefined;
}

function placeOf(root: string, path: BytePath): string {
  return `${root}/${textOf(path)}`;
}

function listed(all: readonly string[]): string {
  const more = all.length > NAMED ? `; ${all.length - NAMED} more` : '';
  return `${all.slice(0, NAMED).join('; ')}${more}`;
}
