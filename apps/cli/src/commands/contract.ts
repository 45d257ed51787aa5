import { draftContract } from '../core/draft-contract.ts';
import type { Command } from '../shell/context.ts';

/** `ioi contract TOOL`: the contract of a mounted tool, or a draft to review when it has none. */
export const contract: Command = async ({ daemon, output }, [name = '']) => {
  const detail = await daemon.tool(name);
  const printed = detail.contract ?? draftContract(detail);
  const text = JSON.stringify(printed, null, 2);
  if (detail.contract === undefined) {
    output.note(`${name} of ${detail.server} has no contract: it is blocked.`);
    output.note("This draft goes into node.json, under the server's `contracts`, once it is true:");
  }
  output.say(text.split('\n'), { ...detail, draft: detail.contract === undefined, printed });
  return undefined;
};
