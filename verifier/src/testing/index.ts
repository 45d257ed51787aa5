export { type LooseEntry, verdict, verdictOnForged, verifyText } from './forgery.ts';
export {
  type Accepted,
  type Alteration,
  changedBytes,
  changedLines,
  type SweepResult,
  sweep,
  tellingPositions,
  truncations,
} from './sweep.ts';
export { treeOf, voidingFrom } from './voiding.ts';
export { faultOf, TestWitness } from './witness-kit.ts';
