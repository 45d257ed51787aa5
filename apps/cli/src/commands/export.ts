import type { DomainStatus } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { type Exporter, saveExport, saveWitnessed, witnessedPath } from '../shell/save-export.ts';

/** `ioi export --out FILE`: the whole log, ready for `ioi verify` on any machine. */
export const exportLog: Command = async (context, _args, options) => {
  const out = textOption(options, 'out');
  if (out === undefined) throw usageFault('say where to: --out FILE, or - for standard output');
  // Asked for first: the export is then no shorter.
  const { witnessed } = (await context.daemon.status()).log;
  return exportTo(context, { from: context.daemon, out, witnessed }, options);
};

/** A log to be written into a file, and what witnesses cosigned of it. */
type Exporting = {
  readonly from: Exporter;
  readonly out: string;
  readonly witnessed: DomainStatus['witnessed'];
};

/** Writes an export, and beside it what witnesses cosigned. */
export async function exportTo(
  { output }: Context,
  { from, out, witnessed }: Exporting,
  options: Options,
): Promise<undefined> {
  const bytes = await saveExport(from, out, flagOption(options, 'force'));
  if (out === '-') return undefined;
  saveWitnessed(out, witnessed?.note);
  const path = visible(out);
  const lines = [`wrote ${path}, ${bytes} bytes`, `next: ioi verify ${path}`];
  if (witnessed) {
    lines.splice(1, 0, `wrote ${visible(witnessedPath(out))}, signed by its witnesses`);
  }
  output.say(lines, { out, bytes, ...(witnessed ? { witnessed: witnessed.size } : {}) });
  return undefined;
}
