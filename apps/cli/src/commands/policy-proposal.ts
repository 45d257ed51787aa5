import { compilePolicy, learnFromLog, loadPolicy, simulatePolicy } from '@ioi/law';
import type { PolicyProposal } from '@ioi/protocol';
import { learnView } from '../core/learn-view.ts';
import { proposalText } from '../core/proposal-view.ts';
import { simulationLines } from '../core/simulation-view.ts';
import { activeRules } from '../shell/active-rules.ts';
import { type Command, type Context, flagOption, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { callLocal } from '../shell/local-http.ts';
import { recordedDecisions } from '../shell/recorded-decisions.ts';
import { saveNew } from '../shell/save-new.ts';
import { wholeLog } from '../shell/whole-log.ts';
import { activateRules } from './policy.ts';

const ACTIONS = 1000;

/**
 * `ioi policy proposal`: the policy learnt while the node observed, and what would have been denied
 * or asked about under it. `--accept` has it signed, and it enforces; `--dismiss` puts it off.
 */
export const policyProposal: Command = async (context, _args, options) => {
  const { daemon, output } = context;
  if (flagOption(options, 'dismiss')) {
    if (flagOption(options, 'accept')) throw usageFault('either --accept or --dismiss');
    const put = await dismissed(context);
    output.say([`put off: ${proposalText(put)}`], { proposal: put });
    return undefined;
  }
  const { rules: active } = await activeRules(context);
  if (active.mode !== 'observe') throw enforces();
  const found = learnFromLog(await wholeLog(context), active);
  if (found === undefined) throw usageFault('the log holds no requests to learn from');
  const loaded = loadPolicy(found.text);
  if (!loaded.ok) throw new Error(loaded.error[0]?.message);
  const { text, requests, ...learnt } = found;
  for (const line of learnView(learnt, active, output.paint)) output.note(line);
  const out = textOption(options, 'out');
  if (out !== undefined) saveNew(out, text);
  if (flagOption(options, 'accept')) return activateRules(context, loaded.value, options);
  const { proposal } = await daemon.status();
  const policy = compilePolicy(loaded.value.rules);
  const replay = simulatePolicy(policy, await recordedDecisions(daemon, ACTIONS));
  const lines = [`proposed: ${proposalText(proposal) ?? 'nothing'}`, ...simulationLines(replay)];
  output.say(lines, { proposal, policy: text, requests, replay });
  output.note(
    'next: ioi policy proposal --accept, or --dismiss; ioi policy enforce keeps the rules',
  );
  return undefined;
};

/** Proposed again after as many acts more. */
function dismissed({ home }: Context): Promise<PolicyProposal> {
  const { daemon: socket } = findSockets(home);
  const path = '/v1/policy/proposal/dismiss';
  return callLocal({ socket, method: 'POST', path, body: {} });
}

function enforces(): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'proposal.none',
    message: 'the policy enforces: nothing is proposed',
    next: 'ioi policy learn',
  });
}
