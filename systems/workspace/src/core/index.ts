export { inBareRepository } from './bare-repository.ts';
export { type BytePath, childOf, parentOf, textOf } from './byte-path.ts';
export { changeSetOf, stoodText } from './change-set.ts';
export { type Change, changesBetween } from './changes.ts';
export { type MergeConflict, type MergePlan, mergedPaths, mergePlan } from './merge-plan.ts';
export { isSame, type LeftOut, type Tree, type TreeEntry } from './tree.ts';
export { type UndoPlan, type UndoStep, undoPlan } from './undo-plan.ts';
export { unifiedDiff } from './unified-diff.ts';
