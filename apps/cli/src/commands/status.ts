import { listenerText } from '../core/listener-view.ts';
import { statusView } from '../core/status-view.ts';
import { tierHere } from '../doctor/check-tier.ts';
import type { Command } from '../shell/context.ts';

const HERE = {
  apart: 'tried from here too',
  not_apart: 'NOT from here: ioi doctor',
  not_tried: 'not tried from here: ioi doctor',
} as const;

/** `ioi status` */
export const status: Command = async ({ home, output, daemon, guardian }) => {
  const [found, listener] = await Promise.all([daemon.status(), guardian.listener()]);
  const isUncovered = found.policy === undefined && !output.plain && !output.json;
  const next = isUncovered ? ['next: ioi policy activate FILE'] : [];
  const devices = listener.url === undefined ? [] : [`  devices    ${listenerText(listener)}`];
  const here = tierHere(home);
  const seen = { home: home.folder, now: Date.now(), here: here && HERE[here.state] };
  const lines = [...statusView(found, seen, output.paint), ...devices, ...next];
  output.say(lines, { ...found, listener, ...(here && { isolation_here: here }) });
  return undefined;
};
