import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, usageFault } from './fault.ts';

/** Writes a file that is not there yet, whole or not at all; it is the owner's alone. */
export function saveNew(path: string, text: string | Uint8Array): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(file, text);
    } catch (fault) {
      rmSync(path, { force: true });
      throw fault;
    } finally {
      closeSync(file);
    }
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}
