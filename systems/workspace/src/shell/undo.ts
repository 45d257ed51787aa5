import { randomBytes } from 'node:crypto';
import { type BytePath, type UndoPlan, undoPlan } from '../core/index.ts';
import { type NotDone, putBack } from './put-back.ts';
import type { RunRecord, RunStore } from './run-store.ts';

/** What undoing a run comes to in one of its folders. */
export type FolderUndo = UndoPlan & {
  readonly root: string;
  /** Why nothing can be said or done about it. */
  readonly unseen?: string;
};

const NOTHING: UndoPlan = { steps: [], conflicts: [], lost: [] };
const NOT_KEPT = 'how it was before the run or after it is not kept: too much was in it';
const NOT_SEEN = 'it is gone, has too much in it, or a link stands in its way';

export type Undone = {
  readonly undoId: string;
  readonly folders: readonly {
    readonly root: string;
    readonly done: readonly BytePath[];
    readonly failed: readonly NotDone[];
  }[];
};

/** Nothing is changed. A run that did not end is taken to have left what stands there now. */
export function planUndo(store: RunStore, record: RunRecord, force: boolean): FolderUndo[] {
  return record.folders.map((folder): FolderUndo => {
    const { root } = folder;
    const changes = store.changesIn(folder);
    if (changes === undefined) return { root, unseen: NOT_KEPT, ...NOTHING };
    if (changes.length === 0) return { root, ...NOTHING };
    const now = store.now(root, record.apart);
    if (now === undefined) return { root, unseen: NOT_SEEN, ...NOTHING };
    return { root, ...undoPlan(changes, now, force) };
  });
}

/** Puts a run back, as a run of its own that can be put back as well. */
export function undo(store: RunStore, record: RunRecord, force: boolean): Undone {
  return store.undoing(() => undoAlone(store, record, force));
}

function undoAlone(store: RunStore, record: RunRecord, force: boolean): Undone {
  const undoId = `undo_${randomBytes(16).toString('hex')}`;
  const { run_id: of, command, apart, folders } = record;
  const roots = folders.map(({ root }) => root);
  const begun = store.begin({ run_id: undoId, kind: 'undo', of, command, apart, roots });
  const done = planUndo(store, record, force).map(({ root, steps, unseen }) => {
    if (unseen !== undefined) return { root, done: [], failed: [{ path: '', why: unseen }] };
    const failed = putBack(root, steps, store.objects);
    const paths = steps.map(({ path }) => path);
    return { root, done: paths.filter((path) => !isIn(path, failed)), failed };
  });
  store.end(begun);
  return { undoId, folders: done };
}

function isIn(path: BytePath, failed: readonly NotDone[]): boolean {
  return failed.some((each) => each.path === path);
}
