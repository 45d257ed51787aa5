export { type ActStage, actsIn, type ToldAct } from './acts.ts';
export {
  describeEntry,
  type EntryLine,
  foundText,
  mainPath,
  verdictWord,
} from './describe-entry.ts';
export { mixedScripts } from './look-alikes.ts';
export { clipped, clippedStart, type Preview, preview, visible, widthOf } from './visible.ts';
