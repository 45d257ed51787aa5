import { learnPolicy, loadPolicy, packs, printLearnt } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { learnView } from '../core/learn-view.ts';
import { traceOfLog } from '../core/trace-of-log.ts';
import { activeRules } from '../shell/active-rules.ts';
import { type Command, type Context, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
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
  const { trace, held } = traceOfLog(await wholeLog(context), wanted);
  if (trace.length === 0) throw usageFault('the log holds no such requests to learn from');
  const active = await activeOrNone(context);
  const learnt = learnPolicy(trace, [...(active?.rules ?? []), ...packRules()], held);
  const text = printLearnt(learnt, 'learnt');
  for (const line of learnView(learnt, active, output.paint)) output.note(line);
  output.say(text.trimEnd().split('\n'), { policy: text, requests: trace.length, ...learnt });
  const out = textOption(options, 'out');
  if (out !== undefined) saveNew(out, text);
  return undefined;
};

async function activeOrNone(context: Context): Promise<ActionRules | undefined> {
  try {
    return (await activeRules(context)).rules;
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'policy.none_active')
      return undefined;
    throw fault;
  }
}

/** What the packs block, for a trace may hold what nobody should have to see in a policy. */
function packRules(): ActionRules['rules'] {
  return packs.flatMap(({ text }) => {
    const loaded = loadPolicy(text);
    return loaded.ok ? loaded.value.rules.rules : [];
  });
}
