import { draftContract, isContract } from '@ioi/law';
import type { RuntimeToolContract, ToolDetail } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import type { Command, Context } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { mountedTools } from '../shell/mounted-tools.ts';

/**
 * `ioi contract TOOL`, or all tools of one server: the contract of a mounted tool, or a draft to
 * review when it has none.
 */
export const contract: Command = async (context, [name], { server }) => {
  if (typeof server === 'string') return contractsOf(server, context);
  if (name === undefined) throw usageFault('which tool? TOOL, or --server NAME for all of one');
  const { daemon, output } = context;
  const detail = await daemon.tool(name);
  const printed = contractOf(detail);
  if (printed === undefined) {
    throw usageFault(`${visible(name)} cannot have a contract: its names do not fit`);
  }
  const text = JSON.stringify(printed, null, 2);
  if (detail.contract === undefined) {
    output.note(`${name} of ${detail.server} has no contract: it is blocked.`);
    output.note("This draft goes into node.json, under the server's `contracts`, once it is true:");
  }
  output.say(text.split('\n'), { ...detail, draft: detail.contract === undefined, printed });
  return undefined;
};

async function contractsOf(server: string, { daemon, output }: Context): Promise<undefined> {
  const details = await mountedTools(daemon, server);
  const drafts = details.filter((each) => each.contract === undefined).length;
  if (drafts > 0) {
    output.note(`${drafts} of ${details.length} tools of ${server} have no contract.`);
    output.note('These go into node.json, as its `contracts`, once they are true:');
  }
  const contracts = contractsIn(details, output);
  output.say(JSON.stringify(contracts, null, 2).split('\n'), { server, drafts, contracts });
}

/** Of all tools that can have one; the others are named in a note and stay blocked. */
export function contractsIn(
  details: readonly ToolDetail[],
  output: Pick<Context['output'], 'note'>,
): RuntimeToolContract[] {
  return details.flatMap((detail) => {
    const drafted = contractOf(detail);
    if (drafted !== undefined) return [drafted];
    output.note(`${visible(detail.tool)} is left out: its names fit into no contract`);
    return [];
  });
}

/** What stands in node.json, or what could; undefined where nothing can. */
function contractOf(detail: ToolDetail): RuntimeToolContract | undefined {
  if (detail.contract !== undefined) return detail.contract;
  const { server, tool, description, input_schema: inputSchema, schema_hash: schemaHash } = detail;
  const about = description === undefined ? {} : { description };
  const drafted = draftContract({ server, tool, inputSchema, schemaHash, ...about });
  return isContract(drafted) ? drafted : undefined;
}
