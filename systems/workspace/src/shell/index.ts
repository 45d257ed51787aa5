export { diffOf } from './diff-of.ts';
export { type GitLimits, GitWatch, type Look, type Place } from './git/git-watch.ts';
export {
  checkMerge,
  type FolderMerge,
  type MergeOutcome,
  merge,
  mergeRefusal,
  settleMerge,
} from './merge.ts';
export { mergeOf, overlayState } from './overlays.ts';
export type { NotDone } from './put-back.ts';
export {
  type Overlay,
  type RunFolder,
  type RunRecord,
  RunStore,
} from './run-store.ts';
export { isRunning } from './running.ts';
export { LIMITS } from './snapshot.ts';
export { type FolderUndo, planUndo, type Undone, undo } from './undo.ts';
export { isUndone } from './undone.ts';
