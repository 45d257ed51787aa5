import type { Explanation, ItemExplanation } from '@ioi/protocol';
import { explainView } from '../../core/explain-view.ts';
import type { Command, Context } from '../../shell/context.ts';
import { CommandFault } from '../../shell/fault.ts';
import { findItem } from '../../shell/find-item.ts';

/** `ioi agentgres explain ID [--domain D]`: an operation, receipt, proposal, commit or object. */
export const explain: Command = async (context, [id = ''], options) => {
  const item = await findItem(context, id, options);
  const why = await rulesOf(context, item);
  const value = { ...item, ...(why === undefined ? {} : { rules: why.rules }) };
  context.output.say(explainView(item, why, context.output.paint), value);
  return undefined;
};

/** Rules were looked at where an action was decided. */
async function rulesOf(
  { daemon }: Context,
  item: ItemExplanation,
): Promise<Explanation | undefined> {
  if (!item.entry.operation.startsWith('boundary/action.')) return undefined;
  try {
    return await daemon.why(item.entry.seq);
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'id.unknown') return undefined;
    throw fault;
  }
}
