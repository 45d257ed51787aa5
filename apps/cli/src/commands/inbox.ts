import { tabbed } from '../core/columns.ts';
import { type MatchCode, matchLines } from '../core/listener-view.ts';
import { observingText } from '../core/observing.ts';
import { durationText, nextOf, type PendingItem, pendingView } from '../core/pending-view.ts';
import { proposalItem } from '../core/proposal-view.ts';
import { type Command, flagOption } from '../shell/context.ts';
import { payloadsOf } from '../shell/large-values.ts';
import type { GuardianApi } from '../shell/node-api.ts';
import { openPage } from '../shell/open-page.ts';

/** `ioi inbox [--open]`: what waits for a person, from the guardian's own copy. */
export const inbox: Command = async (context, _, options) => {
  const { output, guardian, daemon } = context;
  if (flagOption(options, 'open')) {
    const url = await openPage(context, flagOption(options, 'browser'));
    output.say([`the page of the guardian, for two minutes and once: ${url}`], { url });
    return undefined;
  }
  const items = await guardian.pending();
  const { policy, proposal } = await daemon.status();
  const mode = policy && observingText(policy, Date.now());
  if (mode !== undefined) output.note(`${mode}: only BLOCK rules hold; ioi resume`);
  if (output.plain) {
    const rows = items.map((item) => [item.request_hash, item.request.target, item.expires]);
    output.say(tabbed(rows), { pending: items, proposal });
    return undefined;
  }
  const payloads = await Promise.all(items.map((item) => payloadsOf(item, daemon)));
  const codes = await Promise.all(items.map((item) => codesFor(item, guardian)));
  const lines = items.flatMap((item, index) => {
    const left = durationText(Number(item.expires) - Date.now());
    const shown = pendingView(item, left, output.paint, payloads[index]);
    return [...shown, ...matchLines(codes[index] ?? []), nextOf(item), ''];
  });
  const pending = items.map((item, index) => ({ ...item, match: codes[index] }));
  const shown = [...lines, ...proposalItem(proposal)];
  if (shown.at(-1) === '') shown.pop();
  output.say(shown.length === 0 ? ['nothing waits'] : shown, { pending, proposal });
  return undefined;
};

async function codesFor(item: PendingItem, guardian: GuardianApi): Promise<readonly MatchCode[]> {
  if (item.contract.risk_class !== 'high') return [];
  return guardian.matchCodes(item.request_hash);
}
