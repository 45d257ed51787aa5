import { writeFileSync } from 'node:fs';
import { messageOf, usageFault } from './fault.ts';

/** Writes a file that is not there yet; it is the owner's alone. */
export function saveNew(path: string, text: string | Uint8Array): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}
