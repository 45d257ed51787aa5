import { encodeUtf8 } from '@ioi/basis';
import { verifyContinues } from '@ioi/verifier';
import { visible } from '../core/visible.ts';
import { rememberedCheckpoint } from '../shell/checkpoint-file.ts';
import { type Command, type Context, flagOption, textOption } from '../shell/context.ts';
import { cosignedNote } from '../shell/cosigned.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { saveNew } from '../shell/save-new.ts';
import {
  askStamp,
  type StampingAuthority,
  stampingAuthority,
  stampPath,
} from '../shell/timestamps.ts';

/**
 * `ioi checkpoint [--witnessed] [--out FILE [--timestamp URL --tsa-ca FILE]]`: the signed head of
 * the log, to keep elsewhere and verify against later, also with the word of a time-stamping
 * authority (RFC 3161); `--since CHECKPOINT`: whether the log continues one kept earlier.
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
  const authority = stampingAuthority(options);
  const out = textOption(options, 'out');
  if (out !== undefined) return keep(context, { out, note, size, authority });
  if (authority) throw usageFault('a time stamp is kept beside the checkpoint: --out FILE');
  if (context.output.json) context.output.say([], { size, note });
  else context.output.raw(note);
  return undefined;
};

type Kept = {
  readonly out: string;
  readonly note: string;
  readonly size: number;
  readonly authority: StampingAuthority | undefined;
};

/** The stamp is asked for first: without it nothing is written. */
async function keep({ output }: Context, { out, note, size, authority }: Kept): Promise<undefined> {
  const stamp = authority && (await askStamp(encodeUtf8(note), authority));
  saveNew(out, note);
  const lines = [`wrote ${visible(out)}: ${size} entries`];
  if (!stamp) {
    output.say(lines, { size, out });
    return undefined;
  }
  const { time, authority: by, response } = stamp;
  saveNew(stampPath(out), response);
  lines.push(`wrote ${visible(stampPath(out))}: stamped ${time} by ${visible(by)}`);
  output.say(lines, { size, out, stamped: { time, authority: by, file: stampPath(out) } });
  return undefined;
}

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
