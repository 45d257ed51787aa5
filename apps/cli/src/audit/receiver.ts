import type { OcsfEvent } from '../core/audit/ocsf.ts';
import { CommandFault } from '../shell/fault.ts';

/** Where an audit stream goes. */
export type Receiver = {
  /** Resolves once they are taken. Throws `NotTaken` where it is worth trying again. */
  send(events: readonly OcsfEvent[]): Promise<void>;
  close(): Promise<void>;
};

/** It is not there, or has too much to do: the same is sent again later. */
export class NotTaken extends Error {
  /** What it asked to wait. */
  readonly waitMs: number | undefined;

  constructor(message: string, waitMs?: number) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** All of them at once are more than it takes. */
export class TooLarge extends Error {}

/** It would say the same each time. Nothing is lost: the cursor stays where it is. */
export function refused(message: string): CommandFault {
  return new CommandFault({
    exit: 'tool',
    code: 'audit.refused',
    message,
    next: 'mend it, and start the stream again: it goes on where it was',
  });
}
