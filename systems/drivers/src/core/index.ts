export {
  type ListedTool,
  outputOf,
  reportsError,
  type Silence,
  type ToolAnswer,
} from './answer.ts';
export { type ArgumentsError, validateArguments } from './argument-check.ts';
export { type BindError, bindContract } from './bind.ts';
export { filesystemContracts } from './contracts/filesystem.ts';
export { type Judged, judge } from './judge.ts';
export type { Observation, PathState } from './observation.ts';
export { type Attempt, begin, conclude, type Preparation } from './perform.ts';
export { type Reconciled, reconcileFrom } from './reconciliation.ts';
export {
  type Completion,
  type Evidenced,
  isSatisfied,
  markersFor,
  missingEvidence,
  type RrsaDomain,
  type RrsaMarker,
  requiredMarkers,
} from './rrsa.ts';
