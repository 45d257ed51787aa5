export { finish, type Pausing } from '@ioi/basis';
export { inclusionCells } from './cells.ts';
export { certify, type InclusionCertificate } from './certificate.ts';
export { type Differences, differencesOf } from './differences.ts';
export {
  type Difference,
  type Inclusion,
  includes,
  inclusionOfPolicies,
  inclusionResult,
  mayWiden,
  proveInclusion,
} from './includes.ts';
export { asItStands, budgetsIn, type Situation, subjectIn } from './situation.ts';
export { type Change, type DecidedRequest, smallestChange } from './smallest-change.ts';
export { decisionWords, situationWords, witnessWords, wordsOutside } from './words.ts';
