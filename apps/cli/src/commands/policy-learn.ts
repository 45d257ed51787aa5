import { learnFromLog } from '@ioi/law';
import { learnView } from '../core/learn-view.ts';
import { activeOrNone } from '../shell/active-rules.ts';
import { type Command, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { saveNew } from '../shell/save-new.ts';
import { sinceOption, wholeLog } from '../shell/whole-log.ts';

/**
 * `ioi policy learn`: the least policy that covers what the log holds. Shown beside the active
 * one; written only with `--out`, and active only when its owner signs it.
 */
export const policyLearn: Command = async (context, _args, options) => {
  const { output } = context;
  const session = textOption(options, 'session');
  const since = sinceOption(options);
  const wanted = {
    ...(since === undefined ? {} : { since }),
    ...(session === undefined ? {} : { session }),
  };
  const active = await activeOrNone(context);
  const found = learnFromLog(await wholeLog(context), active, wanted);
  if (found === undefined) throw usageFault('the log holds no such requests to learn from');
  const { text, requests, ...learnt } = found;
  for (const line of learnView(learnt, active, output.paint)) output.note(line);
  output.say(text.trimEnd().split('\n'), { policy: text, requests, ...learnt });
  const out = textOption(options, 'out');
  if (out !== undefined) saveNew(out, text);
  return undefined;
};
