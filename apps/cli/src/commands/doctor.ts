import { worstOf } from '../core/doctor/checks.ts';
import { doctorLines } from '../core/doctor/doctor-lines.ts';
import { checkNode } from '../doctor/check-node.ts';
import { type Command, flagOption, listOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { probe } from './probe.ts';

/** `ioi doctor [--probe [AGENT…]]`: whether everything is as it should be, and what to do. */
export const doctor: Command = async (context, args, options) => {
  if (flagOption(options, 'probe') || listOption(options, 'agent').length > 0) {
    return probe(context, args, options);
  }
  if (args.length > 0) throw usageFault('agents are named to probe them', 'ioi doctor --probe');
  const checks = await checkNode(context);
  const { output } = context;
  const state = worstOf(checks);
  output.say(doctorLines(checks, output.paint), { state, checks });
  if (state !== 'fail') return undefined;
  return checks.some(({ name, state: each }) => name === 'node' && each === 'fail')
    ? 'unreachable'
    : 'unexpected';
};
