import { doctorView, isWell } from '../../core/doctor-view.ts';
import type { Command } from '../../shell/context.ts';
import { inspect } from '../../shell/inspection.ts';

/** `ioi agentgres doctor`: looks at all the node keeps; changes nothing, needs no running node. */
export const doctor: Command = async (context) => {
  const report = await inspect(context, 'doctor', {});
  context.output.say(doctorView(report, context.output.paint), report);
  return isWell(report) ? undefined : 'unverified';
};
