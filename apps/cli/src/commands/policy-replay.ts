import { compilePolicy, simulatePolicy } from '@ioi/law';
import { simulationLines } from '../core/simulation-view.ts';
import { type Command, countOption } from '../shell/context.ts';
import { readPolicyFile } from '../shell/policy-file.ts';
import { recordedDecisions } from '../shell/recorded-decisions.ts';

const ACTIONS = 1000;

/** `ioi policy replay FILE`: which recorded actions it would decide otherwise than they were. */
export const policyReplay: Command = async ({ daemon, output }, [path = ''], options) => {
  const { rules } = readPolicyFile(path);
  const actions = countOption(options, 'actions', ACTIONS);
  const report = simulatePolicy(compilePolicy(rules), await recordedDecisions(daemon, actions));
  output.say(simulationLines(report), report);
  return undefined;
};
