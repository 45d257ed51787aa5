export type LogFaultCode =
  | 'log.behind_seal'
  | 'log.seal_rolled_back'
  | 'log.differs_from_seal'
  | 'log.damaged'
  | 'log.in_doubt'
  | 'log.fenced'
  | 'log.listing_too_long'
  | 'log.seal_differs';

/** The log cannot go on: the process must stop, and say why. */
export class LogFault extends Error {
  readonly code: LogFaultCode;

  constructor(code: LogFaultCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
