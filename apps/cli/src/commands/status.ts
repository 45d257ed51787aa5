import { statusView } from '../core/status-view.ts';
import type { Command } from '../shell/context.ts';

/** `ioi status` */
export const status: Command = async ({ home, output, daemon }) => {
  const found = await daemon.status();
  const isUncovered = found.policy === undefined && !output.plain && !output.json;
  const next = isUncovered ? ['next: ioi policy activate FILE'] : [];
  output.say([...statusView(found, home.folder, output.paint), ...next], found);
  return undefined;
};
