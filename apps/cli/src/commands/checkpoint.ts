import type { Command } from '../shell/context.ts';
import { cosignedNote } from '../shell/cosigned.ts';

/** `ioi checkpoint`: the signed head of the log, to keep elsewhere and verify against later. */
export const checkpoint: Command = async ({ output, daemon }) => {
  const { note, size } = await cosignedNote(daemon);
  if (output.json) output.say([], { size, note });
  else output.raw(note);
  return undefined;
};
