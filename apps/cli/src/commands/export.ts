import { visible } from '../core/visible.ts';
import type { Command } from '../shell/context.ts';
import { flagOption, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { saveExport, saveWitnessed, witnessedPath } from '../shell/save-export.ts';

/** `ioi export --out FILE`: the whole log, ready for `ioi verify` on any machine. */
export const exportLog: Command = async ({ output, daemon }, _args, options) => {
  const out = textOption(options, 'out');
  if (out === undefined) throw usageFault('say where to: --out FILE, or - for standard output');
  // Asked for first: the export is then no shorter.
  const { witnessed } = (await daemon.status()).log;
  const bytes = await saveExport(daemon, out, flagOption(options, 'force'));
  if (out === '-') return undefined;
  saveWitnessed(out, witnessed?.note);
  const path = visible(out);
  const lines = [`wrote ${path}, ${bytes} bytes`, `next: ioi verify ${path}`];
  if (witnessed) {
    lines.splice(1, 0, `wrote ${visible(witnessedPath(out))}, signed by its witnesses`);
  }
  output.say(lines, { out, bytes, ...(witnessed ? { witnessed: witnessed.size } : {}) });
  return undefined;
};
