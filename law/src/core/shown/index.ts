export { nodeDomainOf } from '../boundary/node-id.ts';
export { contentsIn, referenceIn, revealed, unsaltedBytes } from '../content/reference.ts';
export { type ActStage, actsIn, type ToldAct } from './acts.ts';
export { type CustodyLink, custodyIn } from './custody.ts';
export {
  describeEntry,
  type EntryLine,
  foundText,
  mainPath,
  verdictWord,
} from './describe-entry.ts';
export { mixedScripts } from './look-alikes.ts';
export { type Asked, askedFor, hasWords, searchedText, sharedIds } from './search-text.ts';
export {
  paramText,
  ruleCoverage,
  type ShownLine,
  type ShownParam,
  shownParam,
} from './shown-param.ts';
export { clipped, clippedStart, type Preview, preview, visible, widthOf } from './visible.ts';
