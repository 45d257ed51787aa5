import { type NoteKey, parseNoteKey } from '@ioi/crypto';
import { visible } from '../core/visible.ts';
import { usageFault } from './fault.ts';

/** Verifier keys from the command line, as `ioi witness init` printed them. */
export function witnessKeys(texts: readonly string[]): readonly NoteKey[] {
  return texts.map((text) => {
    const key = parseNoteKey(text);
    if (key.ok) return key.value;
    throw usageFault(`${visible(text.slice(0, 60))} is no key of a witness: ${key.error.message}`);
  });
}
