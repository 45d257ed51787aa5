import { linkSync, renameSync } from 'node:fs';
import { type CommandFault, usageFault } from './fault.ts';

/** A file that is whole, under its name; it takes the place of none. */
export function putNew(part: string, to: string): void {
  try {
    linkSync(part, to);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(to);
    // Some file systems of removable media know no links.
    renameSync(part, to);
  }
}

export function isThere(to: string): CommandFault {
  return usageFault(`${to} is there already`, 'the same command with --force');
}
