import { type BytePath, depthOf, parentOf } from './byte-path.ts';
import type { Change } from './changes.ts';
import { isSame, type Tree, type TreeEntry } from './tree.ts';

/** One thing to do at one path; `now` is what has to stand there when it is done. */
export type UndoStep = {
  readonly path: BytePath;
  readonly now: TreeEntry | undefined;
  readonly to: TreeEntry | undefined;
};

export type UndoPlan = {
  /** In the order in which they can be done. */
  readonly steps: readonly UndoStep[];
  /** Changed again since, so that putting them back would lose that. */
  readonly conflicts: readonly BytePath[];
  /** Of which nothing was kept. */
  readonly lost: readonly BytePath[];
};

/**
 * What puts changes back, where things stand as in `now`. What was changed again after them stays,
 * unless `force`; what stands as it was before is not touched.
 */
export function undoPlan(changes: readonly Change[], now: Tree, force: boolean): UndoPlan {
  const open = changes.filter(({ path, before }) => !isSame(now.get(path), before));
  const lost = open.filter(isLost).map(({ path }) => path);
  const kept = open.filter((change) => !isLost(change));
  const isFree = ({ path, after }: Change): boolean =>
    force || isSame(now.get(path), after) || isBlank(now.get(path), after);
  const steps = new Map(
    kept.filter(isFree).map(({ path, before: to }) => [path, { path, now: now.get(path), to }]),
  );
  const held = heldFolders(now, steps, new Set(lost));
  const isFit = (step: UndoStep): boolean =>
    (keepsFolder(step) || !held.has(step.path)) && hasHome(step, now, steps);
  const unfit = [...steps.values()].filter((step) => !isFit(step));
  const conflicts = [
    ...kept.filter((change) => !isFree(change)),
    ...unfit.filter(({ path, to }) => to !== undefined || held.get(path) !== 'lost'),
  ];
  return {
    steps: ordered([...steps.values()].filter(isFit)),
    conflicts: conflicts.map(({ path }) => path).sort(),
    lost,
  };
}

function keepsFolder({ now, to }: UndoStep): boolean {
  return to !== undefined && (now?.kind !== 'folder' || to.kind === 'folder');
}

type Steps = ReadonlyMap<BytePath, UndoStep>;

/** Folders in which something stays, and whether that is only what was not kept. */
function heldFolders(now: Tree, steps: Steps, lost: ReadonlySet<BytePath>) {
  const held = new Map<BytePath, 'lost' | 'other'>();
  for (const path of now.keys()) {
    const step = steps.get(path);
    if (step !== undefined && step.to === undefined) continue;
    for (let each = parentOf(path); each !== ''; each = parentOf(each)) {
      if (held.get(each) !== 'other') held.set(each, lost.has(path) ? 'lost' : 'other');
    }
  }
  return held;
}

/** Nothing is put back that was not kept, nor removed what could not be brought again. */
function isLost({ before, after }: Change): boolean {
  return before === undefined ? after?.kind === 'left' : before.kind === 'left';
}

/** Only the mode of a folder differs from what the changes left: nothing in it is lost by that. */
function isBlank(now: TreeEntry | undefined, after: TreeEntry | undefined): boolean {
  return now?.kind === 'folder' && after?.kind === 'folder';
}

/** Whether it lies in a folder, now or once the steps are done. */
function hasHome({ path, to }: UndoStep, now: Tree, steps: Steps): boolean {
  const parent = parentOf(path);
  if (to === undefined || parent === '') return true;
  const made = steps.get(parent);
  if (made === undefined) return now.get(parent)?.kind === 'folder';
  return made.to?.kind === 'folder' && hasHome(made, now, steps);
}

/** What goes, the innermost first; folders, the outermost first; files and links. */
function ordered(steps: readonly UndoStep[]): UndoStep[] {
  const isGone = ({ to }: UndoStep): boolean => to === undefined;
  const isFolder = ({ to }: UndoStep): boolean => to?.kind === 'folder';
  const byDepth = (one: UndoStep, other: UndoStep): number => {
    return depthOf(one.path) - depthOf(other.path);
  };
  const gone = steps.filter(isGone).sort(byDepth).reverse();
  const folders = steps.filter(isFolder).sort(byDepth);
  return [...gone, ...folders, ...steps.filter((step) => !isGone(step) && !isFolder(step))];
}
