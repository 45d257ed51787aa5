export {
  type AdmitContext,
  type Admitted,
  admit,
  foldEntries,
  type Modules,
  type NeededPayloads,
  neededPayloads,
  stampOf,
  touchedBy,
  workAhead,
} from './admit.ts';
export {
  type Authenticate,
  authenticator,
  batchMessage,
  type Claim,
  claimOf,
  type LogName,
  operationMessage,
  type PrincipalHead,
  principalKey,
  type VerifiedAhead,
} from './authenticate.ts';
export { ClientBatches, isSigned } from './client-batches.ts';
export { CommitCutter, type CutCommit, effectiveItems } from './commit-cutter.ts';
export { type CommitRange, commitRanges, effectiveEntries } from './commits.ts';
export {
  COMMIT_OPERATION,
  commitSummaryOf,
  composeEntry,
  DOMAIN_MODULE_HASH,
  isProposed,
  operationIdOf,
  operationIdWith,
  type ProposedOperation,
  parseEntry,
  type SealedText,
} from './entry.ts';
export {
  emptyView,
  HeadCache,
  HeadMap,
  HeadOverlay,
  type Heads,
  type HeadText,
  HeadTexts,
  headChangeOf,
  headName,
  headTextOf,
} from './heads.ts';
export { type SigningLog, verifyIncluded } from './included.ts';
export { LogFold, type RefoldedCommit } from './log-fold.ts';
export { type MoveHead, moveKey } from './moved.ts';
export { sealedActionOf, type VerifiedSeal, verifySeal } from './seal.ts';
export { applyTexts, applyToTree, rootDigest } from './state.ts';
