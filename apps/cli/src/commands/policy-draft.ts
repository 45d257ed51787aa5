import { draftPolicy } from '@ioi/law';
import type { Command } from '../shell/context.ts';
import { mountedTools } from '../shell/mounted-tools.ts';
import { contractsIn } from './contract.ts';

/** `ioi policy draft SERVER`: a policy to start from, from what the server's tools say alone. */
export const policyDraft: Command = async ({ daemon, output }, [server = '']) => {
  const details = await mountedTools(daemon, server);
  const without = details.filter((each) => each.contract === undefined).length;
  if (without > 0) {
    output.note(`${without} tools have no contract yet: ioi contract --server ${server}`);
  }
  const policy = draftPolicy(server, contractsIn(details, output));
  output.say(JSON.stringify(policy, null, 2).split('\n'), policy);
  return undefined;
};
