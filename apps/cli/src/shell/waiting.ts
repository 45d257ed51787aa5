import { readFileSync } from 'node:fs';
import { matchId } from '../core/match-id.ts';
import type { PendingItem } from '../core/pending-view.ts';
import { type Context, flagOption, type Options, textOption } from './context.ts';
import { CommandFault, usageFault } from './fault.ts';
import { readPassphrase } from './prompt.ts';

/** The request a person means, from the guardian's own copy. */
export async function findWaiting({ guardian }: Context, given: string): Promise<PendingItem> {
  const items = await guardian.pending();
  const found = matchId(
    given,
    items.map((item) => item.request_hash),
  );
  if (!found.ok) throw usageFault(found.error.message, 'ioi inbox');
  const item = items.find((each) => each.request_hash === found.value);
  if (item === undefined) throw usageFault(`nothing waits under ${given}`, 'ioi inbox');
  return item;
}

/** The owner's passphrase; under `--yes` the demo node's own, which nobody else's node has. */
export async function ownerPassphrase(context: Context, options: Options): Promise<string> {
  const { guardian, home, output } = context;
  if (!flagOption(options, 'yes')) {
    return readPassphrase({ passphraseFile: textOption(options, 'passphraseFile') }, output);
  }
  const { demo } = await guardian.status();
  if (!demo) throw notDemo('this is not a demo node: --yes approves nothing here');
  try {
    return readFileSync(home.demoPassphrase, 'utf8').trimEnd();
  } catch {
    throw notDemo(`the demo passphrase is not in ${home.demoPassphrase}`);
  }
}

function notDemo(message: string): CommandFault {
  const next = 'the same command without --yes';
  return new CommandFault({ exit: 'authority', code: 'approval.not_demo', message, next });
}
