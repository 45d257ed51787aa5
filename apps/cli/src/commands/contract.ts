import { draftContract } from '@ioi/law';
import type { RuntimeToolContract, ToolDetail } from '@ioi/protocol';
import type { Command, Context } from '../shell/context.ts';
import { mountedTools } from '../shell/mounted-tools.ts';

/**
 * `ioi contract TOOL`, or all tools of one server: the contract of a mounted tool, or a draft to
 * review when it has none.
 */
export const contract: Command = async (context, [name], { server }) => {
  if (typeof server === 'string') return contractsOf(server, context);
  const { daemon, output } = context;
  const detail = await daemon.tool(name ?? '');
  const printed = contractOf(detail);
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
  const contracts = details.map(contractOf);
  output.say(JSON.stringify(contracts, null, 2).split('\n'), { server, drafts, contracts });
}

/** What stands in node.json, or what could. */
export function contractOf(detail: ToolDetail): RuntimeToolContract {
  if (detail.contract !== undefined) return detail.contract;
  const { server, tool, description, input_schema: inputSchema, schema_hash: schemaHash } = detail;
  const about = description === undefined ? {} : { description };
  return draftContract({ server, tool, inputSchema, schemaHash, ...about });
}
