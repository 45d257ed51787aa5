export {
  type AdmitContext,
  type Admitted,
  admit,
  foldEntry,
  type Modules,
  neededPayloads,
  stampOf,
} from './admit.ts';
export {
  type Authenticate,
  authenticator,
  batchMessage,
  claimOf,
  operationMessage,
  type PrincipalHead,
  principalKey,
} from './authenticate.ts';
export { CommitCutter, type CutCommit, effectiveItems } from './commit-cutter.ts';
export { type CommitRange, commitRanges, effectiveEntries } from './commits.ts';
export {
  COMMIT_OPERATION,
  commitSummaryOf,
  composeEntry,
  DOMAIN_MODULE_HASH,
  type ProposedOperation,
  parseEntry,
  type SealedBytes,
  sameBytes,
} from './entry.ts';
export { HeadCache, HeadMap, HeadOverlay, headName } from './heads.ts';
export { sealedActionOf, type VerifiedSeal, verifySeal } from './seal.ts';
export { applyToTree, rootDigest } from './state.ts';
