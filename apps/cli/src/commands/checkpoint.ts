import { verifyContinues } from '@ioi/verifier';
import { rememberedCheckpoint } from '../shell/checkpoint-file.ts';
import { type Command, type Context, flagOption, textOption } from '../shell/context.ts';
import { cosignedNote } from '../shell/cosigned.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';

/**
 * `ioi checkpoint [--witnessed] [--since CHECKPOINT] [--node ID]`: the signed head of the log, to
 * keep elsewhere and verify against later; or whether the log continues one kept earlier.
 */
export const checkpoint: Command = async (context, _args, options) => {
  const since = textOption(options, 'since');
  if (since !== undefined) {
    return continues(context, rememberedCheckpoint(since), textOption(options, 'node'));
  }
  const isWitnessed = flagOption(options, 'witnessed');
  const { note, size } = isWitnessed
    ? await witnessedNote(context.daemon)
    : await cosignedNote(context.daemon);
  if (context.output.json) context.output.say([], { size, note });
  else context.output.raw(note);
  return undefined;
};

async function witnessedNote(daemon: Context['daemon']): Promise<{ note: string; size: number }> {
  const { witnessed } = (await daemon.status()).log;
  if (witnessed) return witnessed;
  throw new CommandFault({
    exit: 'unverified',
    code: 'witness.missing',
    message: 'no witness cosigned the log since the node started',
    next: 'ioi status',
  });
}

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
