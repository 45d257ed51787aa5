export { ArtifactStore, type NewArtifact } from './artifact-store.ts';
export { Bucket } from './bucket/bucket.ts';
export { Mover } from './bucket/mover.ts';
export { type CheckedLog, checkLog } from './inspection/check-log.ts';
export { examineHeads, newestCheckpoint } from './inspection/examine-heads.ts';
export { examineLog } from './inspection/examine-log.ts';
export { examineProjections } from './inspection/examine-projections.ts';
export { examineTree } from './inspection/examine-tree.ts';
export { type LogFile, openLogFile } from './inspection/log-file.ts';
export { LogFault, type LogFaultCode } from './log-faults.ts';
export { proveConsistency, proveInclusion } from './log-proofs.ts';
export { LogWriter, type SealedCommit, type WriterOptions } from './log-writer.ts';
export { newOperationId, type OpenLog, openCopy, referencesTo } from './open-log.ts';
export { isSchemaName } from './postgres-schema.ts';
export {
  CommitReader,
  type FoldedCommit,
  rootText,
} from './projection/commit-reader.ts';
export {
  type Attendance,
  ProjectionEngine,
  type ProjectionNews,
  type ProjectionState,
} from './projection/engine.ts';
export { checkpointOf, isLast, type Notice } from './projection/notices.ts';
export type { ProjectionFile } from './projection/projection-file.ts';
export { type RowsRead, readRows, Snapshots } from './projection/read-rows.ts';
export { type SealedLog, SealedLogFile } from './projection/sealed-log.ts';
export {
  type Searched,
  SearchFile,
  type SearchQuestion,
} from './projection/search-file.ts';
export { type Delivery, Subscriptions } from './projection/subscriptions.ts';
export { ReadCopy, withCopy } from './read-copy.ts';
export { type Newest, SqliteStore, STORE_FORMAT } from './sqlite-store.ts';
export {
  answerState,
  type ProvenHead,
  type StateAnswer,
  type StateQuestion,
} from './state-answer.ts';
export type { StoreFiles } from './store-files.ts';
export { utf8Pieces } from './text-pieces.ts';
export type { SealedOperation, Submitted } from './waiting.ts';
