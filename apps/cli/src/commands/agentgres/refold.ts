import { replayView, verifyRootView } from '../../core/refold-view.ts';
import {
  type Command,
  countOption,
  flagOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { inspect } from '../../shell/inspection.ts';

/** `ioi agentgres replay [--domain D] [--to SEQ]`: folds the log again, from genesis. */
export const replay: Command = async (context, _args, options) => {
  const isBounded = textOption(options, 'to') !== undefined;
  if (isBounded && textOption(options, 'domain') === undefined) {
    throw usageFault('--to is a place in one log: say --domain as well', 'ioi domain list');
  }
  const to = isBounded ? { to: countOption(options, 'to', 0) } : {};
  const report = await inspect(context, 'replay', { ...domainOf(options), ...to });
  context.output.say(replayView(report), report);
  return undefined;
};

/** `ioi agentgres verify-root [--log-only] [--domain D]`: logs and states as they were signed. */
export const verifyRoot: Command = async (context, _args, options) => {
  const isLogOnly = flagOption(options, 'logOnly');
  const report = await inspect(context, 'verify-root', { ...domainOf(options), isLogOnly });
  context.output.say(verifyRootView(report, context.output.paint), report);
  return report.domains.some(({ fault }) => fault !== undefined) ? 'unverified' : undefined;
};

function domainOf(options: Options): { domain?: string } {
  const domain = textOption(options, 'domain');
  return domain === undefined ? {} : { domain };
}
