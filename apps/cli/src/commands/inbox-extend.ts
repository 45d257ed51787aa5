import { shortId } from '../core/match-id.ts';
import { readTimeSpan } from '../core/time-span.ts';
import { type Command, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { timeText } from '../shell/time.ts';
import { findWaiting, ownerPassphrase } from '../shell/waiting.ts';

/** `ioi inbox extend ID --for TIME`: more time to decide it. */
export const inboxExtend: Command = async (context, [given = ''], options) => {
  const span = readTimeSpan(textOption(options, 'for') ?? '');
  if (span === undefined || span === 0n) {
    throw usageFault('say how much longer it may wait', 'ioi inbox extend ID --for 30m');
  }
  const item = await findWaiting(context, given);
  const passphrase = await ownerPassphrase(context, options);
  const extended = await context.guardian.extend(item.request_hash, String(span), passphrase);
  const words = `${shortId(item.request_hash)} waits until ${timeText(extended.expires)} UTC`;
  context.output.say([words], { ...extended, extended: true });
  return undefined;
};
