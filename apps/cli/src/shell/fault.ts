import { type ExitName, exitCode } from '../core/exit-codes.ts';

export type FaultAbout = {
  readonly exit: ExitName;
  /** Dotted, for scripts. */
  readonly code: string;
  /** One sentence for a person. */
  readonly message: string;
  /** What to run next, where something helps. */
  readonly next?: string;
  /** Lines that belong to it, such as the end of a log. */
  readonly lines?: readonly string[];
};

/** Ends a command: caught once, in `main.ts`, and told on standard error. */
export class CommandFault extends Error {
  readonly about: FaultAbout;

  constructor(about: FaultAbout) {
    super(about.message);
    this.about = about;
  }

  get exitCode(): number {
    return exitCode(this.about.exit);
  }
}

export function usageFault(message: string, next = 'ioi --help'): CommandFault {
  return new CommandFault({ exit: 'usage', code: 'usage.invalid', message, next });
}

/** The node is not there for now, which is no answer to what it was asked. */
export function isUnreachable(fault: unknown): boolean {
  return fault instanceof CommandFault && fault.about.exit === 'unreachable';
}

export function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
