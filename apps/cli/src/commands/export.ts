import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { flagOption, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { saveExport } from '../shell/save-export.ts';

/** `ioi export --out FILE`: the whole log, ready for `ioi verify` on any machine. */
export const exportLog: Command = async ({ output, daemon }, _args, options) => {
  const out = textOption(options, 'out');
  if (out === undefined) throw usageFault('say where to: --out FILE, or - for standard output');
  const bytes = await saveExport(daemon, out, flagOption(options, 'force'));
  if (out === '-') return undefined;
  const lines = [`wrote ${visible(out)}, ${bytes} bytes`, `next: ioi verify ${visible(out)}`];
  output.say(lines, { out, bytes });
  return undefined;
};
