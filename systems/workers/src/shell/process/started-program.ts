import type { Readable, Writable } from 'node:stream';

/** A running program and everything it started; whoever starts it may have wrapped it. */
export type StartedProgram = {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, with what a person should read; also when it could not be started. */
  readonly exited: Promise<string>;
  /** Signals the whole process group. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
};
