export { ArtifactStore, type NewArtifact, utf8Pieces } from './artifact-store.ts';
export { LogFault, type LogFaultCode } from './log-faults.ts';
export { proveConsistency, proveInclusion } from './log-proofs.ts';
export {
  LogWriter,
  type SealedCommit,
  type SealedOperation,
  type Submitted,
  type WriterOptions,
} from './log-writer.ts';
export { newOperationId, type OpenLog } from './open-log.ts';
export { isSchemaName } from './postgres-schema.ts';
export { ProjectionEngine, type ProjectionNews } from './projection/engine.ts';
export { checkpointOf, isLast, type Notice } from './projection/notices.ts';
export type { ProjectionFile } from './projection/projection-file.ts';
export { type RowsRead, readRows, Snapshots } from './projection/read-rows.ts';
export { type SealedLog, SealedLogFile } from './projection/sealed-log.ts';
export { type Delivery, Subscriptions } from './projection/subscriptions.ts';
export { ReadCopy, withCopy } from './read-copy.ts';
export { SqliteStore } from './sqlite-store.ts';
export type { ProvenHead, StateAnswer, StateQuestion } from './state-answer.ts';
