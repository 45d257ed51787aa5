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
export { SqliteStore } from './sqlite-store.ts';
export type { ProvenHead, StateAnswer, StateQuestion } from './state-answer.ts';
