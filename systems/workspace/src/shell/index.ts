export type { NotDone } from './put-back.ts';
export {
  isRunning,
  type RunFolder,
  type RunRecord,
  RunStore,
} from './run-store.ts';
export { LIMITS } from './snapshot.ts';
export { type FolderUndo, isUndone, planUndo, type Undone, undo } from './undo.ts';
