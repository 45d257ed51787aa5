export * from './add-ons/index.ts';
export * from './boundary/index.ts';
export * from './capability/index.ts';
export * from './cim/index.ts';
export * from './connector/index.ts';
export * from './content/index.ts';
export * from './domain/index.ts';
export * from './draft/index.ts';
export * from './execution/index.ts';
export * from './export/index.ts';
export * from './factors/index.ts';
export {
  applyDelta,
  type Commit,
  madeSize,
  type PackEntry,
  readCommit,
  readEntry,
} from './git/index.ts';
export * from './governance/index.ts';
export * from './graphs/index.ts';
export { type Judged, judgeOutput } from './ics/index.ts';
export { holdIdentity, identityMessage } from './identity.ts';
export * from './import/index.ts';
export * from './learn/index.ts';
export * from './leases/index.ts';
export * from './ledger/index.ts';
export * from './models/index.ts';
export { type NodeEvent, nodeEventsOf, nodeModules } from './node-modules.ts';
export * from './objects/index.ts';
export * from './packages/index.ts';
export { isExecutedLater, type Pack, packs } from './packs/index.ts';
export { changedParams, type ParamChange } from './param-changes.ts';
export { paymentCall, paymentFault } from './payment/index.ts';
export {
  isQuestionContract,
  isUnanswered,
  maySendQuestions,
  questionContract,
} from './person/index.ts';
export * from './policy/index.ts';
export { referencesOf } from './references.ts';
export * from './relay/index.ts';
export * from './roles/index.ts';
export {
  type CommitHead,
  commandContract,
  commitKey,
  isListenContract,
  isMergeContract,
  isRunContract,
  LISTEN_HOST,
  listenContract,
  MOST_OUTPUT_BYTES,
  mergeContract,
  RECORD_COMMITS_OPERATION,
  RECORD_RUN_OPERATION,
} from './runs/index.ts';
export type { Shape } from './shape/index.ts';
export * from './shown/index.ts';
export * from './vouching/index.ts';
export * from './wallet/index.ts';
export * from './web/index.ts';
export * from './workers/index.ts';
export * from './workflows/index.ts';
