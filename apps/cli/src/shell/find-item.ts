import type { ItemExplanation } from '@ioi/protocol';
import { type Context, type Options, textOption } from './context.ts';
import { CommandFault } from './fault.ts';

/** Something by its id, in the domain named, or in the first that knows it: closed ones last. */
export async function findItem(
  { daemon }: Context,
  id: string,
  options: Options,
): Promise<ItemExplanation> {
  const named = textOption(options, 'domain');
  if (named !== undefined) return daemon.domains.explain(named, id);
  const { domains, closed } = await daemon.domains.page();
  for (const domainId of [...domains.map((each) => each.domain_id), ...closed]) {
    try {
      return await daemon.domains.explain(domainId, id);
    } catch (fault) {
      if (!(fault instanceof CommandFault) || fault.about.code !== 'id.unknown') throw fault;
    }
  }
  throw new CommandFault({
    exit: 'usage',
    code: 'id.unknown',
    message: `no domain of this node knows ${id}`,
    next: 'ioi log, or: ioi domain list',
  });
}
