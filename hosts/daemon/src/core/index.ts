export type { Answer, Call, Decided, Effect, Input, Stage, Step } from './action.ts';
export { agentState } from './agent-state.ts';
export { hookAgentId, tierOfAgent } from './agent-tier.ts';
export { cursorOf, type Page, pageOf, placeIn } from './cursor.ts';
export { executionOf, intentOf } from './execution.ts';
export { composeFaultProof } from './fault-proof.ts';
export { type Disk, daysLeft, growthPerDay, headroomWarning } from './headroom.ts';
export { ISSUE_LEASE, scopesAskedFor } from './lease-request.ts';
export { AskBatch } from './mcp/ask-batch.ts';
export { ASK_PERSON, questionIn } from './mcp/ask-person.ts';
export { Names, type Offered, ownerOf, resourcesOf, type Shelf } from './mcp/catalogue.ts';
export { offerOf } from './mcp/offer.ts';
export {
  approvalNotice,
  goesOn,
  isPatience,
  type Patience,
  patienceMs,
} from './mcp/waiting.ts';
export {
  isOlder,
  isOurs,
  saidOf,
  seenOf,
  unseenWords,
  type WordsKind,
  wordPins,
} from './mcp/words.ts';
export { ActCounts } from './metrics/act-counts.ts';
export {
  CONTENT_TYPES,
  exposition,
  type Family,
  formatAsked,
  type Sample,
} from './metrics/exposition.ts';
export { Histogram } from './metrics/histogram.ts';
export { type HashedContract, type MountedServer, mountedModule } from './mounted-module.ts';
export { EVERY_MS, isEvery, nextLookMs } from './organisation/schedule.ts';
export { type Place, PUBLICATION, placeOf } from './organisation/source.ts';
export { begin, step } from './pipeline.ts';
export { decidedIn, decisionPayload, executionIn, receiptIn } from './read-entry.ts';
export { Freshness, type Seen } from './replica/freshness.ts';
export { type CallResult, executionCode, resultOf } from './result.ts';
export {
  artifactClasses,
  boundedRetention,
  classOf,
  DAY_MS,
  defaultRetention,
  firstCovering,
  outputClassOf,
  type Retention,
  type RetentionBound,
  type RetentionRule,
  readRetention,
  wrongUnder,
} from './retention.ts';
export { readSelector } from './selector.ts';
export { SessionEvidence } from './session-evidence.ts';
export { vaultOf } from './vault.ts';
export { executorAsks } from './workers/executor-asks.ts';
export { type OwnStep, ownAsked, ownEnd, ownTask } from './workers/own-step.ts';
export { hasPlace, MOST_AT_WORK } from './workers/run-places.ts';
export { answerOfDecision, answerOfExecution } from './workers/step-answer.ts';
