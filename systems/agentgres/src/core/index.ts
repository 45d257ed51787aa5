export { type Artifact, type ArtifactQuery, type ClassTotal, keptArtifactOf } from './artifact.ts';
export {
  type BucketConfig,
  bucketPlace,
  LOCAL_BYTES,
  SPOOL_BYTES,
  wrongInBucket,
} from './bucket/bucket.ts';
export { type Closing, closeCommit, rowsOf } from './commit.ts';
export { type DoctorCode, findingOf } from './inspection/finding.ts';
export { type DomainFacts, judgeDomain } from './inspection/judge-domain.ts';
export { isStale, type Lease, type Patience, type Place, seen, type Watch } from './lease.ts';
export type {
  Append,
  Attestor,
  Beside,
  CommitStamp,
  Later,
  LogStore,
  Payloads,
  Prepared,
  Recovered,
  Reference,
  Refusal,
  Seal,
  Sealed,
  StoredEntry,
  TreeSnapshot,
} from './ports.ts';
export { type Asked, addressesIn, asRole, primaryAmong } from './postgres-hosts.ts';
export * from './projection/index.ts';
export {
  contextOfIssuer,
  type KnownIssuer,
  learnRevocations,
  readIssuer,
} from './session-issuer.ts';
export {
  type LeaseContext,
  mayRead,
  stillHolds,
  verifySessionLease,
} from './session-lease.ts';
export { UnwrittenHeads } from './unwritten-heads.ts';
