import { verifyContinues } from '@ioi/verifier';
import { rememberedCheckpoint } from '../shell/checkpoint-file.ts';
import { type Command, type Context, textOption } from '../shell/context.ts';
import { cosignedNote } from '../shell/cosigned.ts';
import { usageFault } from '../shell/fault.ts';

/**
 * `ioi checkpoint [--since CHECKPOINT] [--node ID]`: the signed head of the log, to keep
 * elsewhere and verify against later; or whether the log continues one kept earlier.
 */
export const checkpoint: Command = async (context, _args, options) => {
  const since = textOption(options, 'since');
  if (since !== undefined) {
    return continues(context, rememberedCheckpoint(since), textOption(options, 'node'));
  }
  const { note, size } = await cosignedNote(context.daemon);
  if (context.output.json) context.output.say([], { size, note });
  else context.output.raw(note);
  return undefined;
};

async function continues({ daemon, output }: Context, remembered: string, nodeId?: string) {
  const size = Number(remembered.split('\n')[1]);
  if (!Number.isSafeInteger(size) || size < 1) {
    throw usageFault('that is no checkpoint', 'ioi checkpoint > FILE');
  }
  const proof = await daemon.consistency(size);
  const held = verifyContinues(remembered, proof, nodeId === undefined ? {} : { nodeId });
  if (!held.ok) {
    const { code, message } = held.error;
    output.say([`FAIL  ${code}: ${message}`], { ok: false, code, message });
    return 'unverified' as const;
  }
  const { from, to } = held.value;
  output.say([`PASS  ${to} entries continue the ${from} remembered`], { ok: true, from, to });
  return undefined;
}
