import { tabbed } from '../core/columns.ts';
import { shortId } from '../core/match-id.ts';
import { durationText, pendingView } from '../core/pending-view.ts';
import type { Command } from '../shell/context.ts';
import { payloadsOf } from '../shell/large-values.ts';

/** `ioi inbox`: what waits for a person, from the guardian's own copy. */
export const inbox: Command = async ({ output, guardian, daemon }) => {
  const items = await guardian.pending();
  if (output.plain) {
    const rows = items.map((item) => [item.request_hash, item.request.target, item.expires]);
    output.say(tabbed(rows), { pending: items });
    return undefined;
  }
  const payloads = await Promise.all(items.map((item) => payloadsOf(item, daemon)));
  const lines = items.flatMap((item, index) => {
    const id = shortId(item.request_hash);
    const left = durationText(Number(item.expires) - Date.now());
    const next = `  next: ioi approve ${id}    or: ioi deny ${id}`;
    return [...pendingView(item, left, output.paint, payloads[index]), next, ''];
  });
  output.say(items.length === 0 ? ['nothing waits'] : lines.slice(0, -1), { pending: items });
  return undefined;
};
