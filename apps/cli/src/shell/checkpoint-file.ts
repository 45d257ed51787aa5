import { existsSync, readFileSync } from 'node:fs';
import { messageOf, usageFault } from './fault.ts';

/** A file with a checkpoint, or the checkpoint's own text. */
export function rememberedCheckpoint(given: string): string {
  if (given.includes('\n')) return given;
  if (!existsSync(given)) {
    throw usageFault(`there is no file ${given}`, 'ioi checkpoint > FILE    on the node');
  }
  try {
    return readFileSync(given, 'utf8');
  } catch (fault) {
    throw usageFault(`the checkpoint cannot be read: ${messageOf(fault)}`);
  }
}
