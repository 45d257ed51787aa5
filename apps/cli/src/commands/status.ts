import { listenerText } from '../core/listener-view.ts';
import { statusView } from '../core/status-view.ts';
import type { Command } from '../shell/context.ts';

/** `ioi status` */
export const status: Command = async ({ home, output, daemon, guardian }) => {
  const [found, listener] = await Promise.all([daemon.status(), guardian.listener()]);
  const isUncovered = found.policy === undefined && !output.plain && !output.json;
  const next = isUncovered ? ['next: ioi policy activate FILE'] : [];
  const devices = listener.url === undefined ? [] : [`  devices    ${listenerText(listener)}`];
  const seen = { home: home.folder, now: Date.now() };
  const lines = [...statusView(found, seen, output.paint), ...devices, ...next];
  output.say(lines, { ...found, listener });
  return undefined;
};
