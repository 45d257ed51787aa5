/** What keeps a replica from serving a log: a dotted code, and what to do next. */
export class ReplicaFault extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
