import { shortId } from '../core/match-id.ts';
import { type Command, textOption } from '../shell/context.ts';
import { findWaiting, ownerPassphrase } from '../shell/waiting.ts';

/** `ioi deny ID [--reason TEXT]` */
export const deny: Command = async (context, [given = ''], options) => {
  const item = await findWaiting(context, given);
  const passphrase = await ownerPassphrase(context, options);
  await context.guardian.deny(item.request_hash, passphrase, textOption(options, 'reason'));
  const said = { request_hash: item.request_hash, denied: true };
  context.output.say([`denied ${shortId(item.request_hash)}`], said);
  return undefined;
};
