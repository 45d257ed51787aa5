import { describeEntry } from '@ioi/law';
import { colourOf } from '../core/paint.ts';
import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { timeText } from '../shell/time.ts';

/** `ioi show ID`: every entry about one action, receipt, policy, contract or token. */
export const show: Command = async ({ output, daemon }, [id = '']) => {
  const shown = await daemon.show(id);
  const lines: string[] = [];
  if (shown.action !== undefined) {
    const { request_hash: hash, state } = shown.action;
    lines.push(`${visible(hash)}  ${output.paint('bold', visible(state))}`);
  }
  for (const entry of shown.entries) {
    const about = describeEntry(entry);
    const word = output.paint(colourOf(about.word), visible(about.word));
    lines.push(
      `${about.seq}  ${timeText(about.chainTime)}  ${word}  ${visible(about.target ?? '')}`,
    );
    lines.push(
      ...JSON.stringify(entry, null, 2)
        .split('\n')
        .map((line) => `  ${visible(line)}`),
    );
  }
  output.say(lines, shown);
  return undefined;
};
