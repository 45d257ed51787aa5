import { shortId } from '../core/match-id.ts';
import { visible } from '../core/visible.ts';
import { type Command, flagOption, needNode } from '../shell/context.ts';
import { mergeRun } from '../shell/merge-run.ts';
import { askWorkspace } from '../shell/workspace.ts';
import { confirm, runLinesOf } from './runs.ts';

/** `ioi runs merge RUN`: shows the whole change, and asks the node for it as one act. */
export const runsMerge: Command = async (context, [given = ''], options) => {
  const { home, output } = context;
  needNode(home);
  const shown = await askWorkspace(home, { kind: 'show', run: given, diff: true }, 'run');
  const lines = [...runLinesOf(shown.run), ...(shown.diff ?? []).map(visible)];
  if (flagOption(options, 'dryRun')) {
    output.say(lines, { run: shown.run, diff: shown.diff });
    return undefined;
  }
  const short = shortId(shown.run.run_id);
  if (!flagOption(options, 'yes')) {
    for (const line of lines) output.note(line);
    await confirm(context, `merge ${short}?`);
  }
  const merged = await mergeRun(home, shown.run.run_id);
  if (merged.state === 'pending') {
    const request = shortId(merged.request_hash);
    const how = `it is merged when somebody approves it: ioi approve ${request}`;
    output.say([how], merged);
    return 'pending';
  }
  output.say([`merged; receipt ${merged.receipt_id}`, `ioi undo ${short} takes it back`], merged);
  return undefined;
};

/** `ioi runs discard RUN` */
export const runsDiscard: Command = async (context, [run = ''], options) => {
  const { home, output } = context;
  needNode(home);
  const { run: found } = await askWorkspace(home, { kind: 'show', run, diff: false }, 'run');
  const short = shortId(found.run_id);
  if (!flagOption(options, 'yes')) await confirm(context, `discard what ${short} changed?`);
  const done = await askWorkspace(home, { kind: 'discard', run: found.run_id }, 'run');
  output.say([`${short} is discarded: nothing of it will be merged`], done);
  return undefined;
};
