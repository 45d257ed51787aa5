export { builtInProjections, projectionName } from './built-in/index.ts';
export {
  type Cell,
  type Column,
  keyText,
  objectOf,
  type Row,
  rowText,
} from './cells.ts';
export { checkRead, type RecordedRead } from './check-read.ts';
export { headsOf, isLevel, levels, preconditionsOf } from './consistency.ts';
export { changedRow, foldProjection, type RowChange } from './fold-projection.ts';
export {
  eachGram,
  GRAMS,
  narrowed,
  placesIn,
  postingsOf,
  SEGMENT_ENTRIES,
} from './postings.ts';
export {
  type Asked,
  filterOf,
  isMatch,
  pageToken,
  type Query,
  queryOf,
  type Test,
} from './query.ts';
export { referenceRows } from './reference-projection.ts';
export type { StateProver } from './state-prover.ts';
export { type Table, tableOf } from './table.ts';
export {
  decodeResume,
  decodeToken,
  encodeToken,
  type ResumeToken,
  watermarkSeq,
  watermarkText,
} from './tokens.ts';
