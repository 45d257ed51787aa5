export type LogFaultCode =
  | 'log.behind_seal'
  | 'log.seal_rolled_back'
  | 'log.differs_from_seal'
  | 'log.damaged'
  /** Another version of this program began the log: its modules decide otherwise. */
  | 'log.other_modules'
  /** Heads are not what was written: opening folds them again. */
  | 'log.heads_damaged'
  | 'log.in_doubt'
  | 'log.fenced'
  | 'log.listing_too_long'
  | 'log.seal_differs'
  /** Another node writes the logs of this store. */
  | 'cluster.not_writer'
  /** The server does not answer, or takes no writes: it may later. */
  | 'store.unreachable'
  /** The server answers and says no: role, password, database, rights, version. */
  | 'store.refused'
  /** The server answers before what it was given is on disk. */
  | 'store.not_durable'
  /** The role of somebody who only reads has rights to write. */
  | 'store.may_write'
  /** A later version of this program made the tables. */
  | 'store.newer_format';

/** The log cannot go on: the process must stop, and say why. */
export class LogFault extends Error {
  readonly code: LogFaultCode;

  constructor(code: LogFaultCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
