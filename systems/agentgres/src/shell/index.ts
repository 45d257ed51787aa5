export { ArtifactStore, type NewArtifact, utf8Pieces } from './artifact-store.ts';
export { LogFault, type LogFaultCode } from './log-faults.ts';
export {
  LogWriter,
  type SealedCommit,
  type SealedOperation,
  type Submitted,
  type WriterOptions,
} from './log-writer.ts';
export { newOperationId, type OpenLog } from './open-log.ts';
export { SqliteStore } from './sqlite-store.ts';
