export { LogFault, type LogFaultCode } from './log-faults.ts';
export {
  LogWriter,
  type SealedCommit,
  type SealedOperation,
  type Submitted,
  type WriterOptions,
} from './log-writer.ts';
export { newOperationId, type OpenLog } from './open-log.ts';
export type { PostgresOptions } from './postgres-connection.ts';
export { isSchemaName } from './postgres-schema.ts';
export { PostgresStore } from './postgres-store.ts';
export { ReadCopy, withCopy } from './read-copy.ts';
export { SqliteStore } from './sqlite-store.ts';
