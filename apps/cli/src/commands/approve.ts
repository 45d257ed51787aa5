import { setTimeout as sleep } from 'node:timers/promises';
import { describeEntry, type EntryLine } from '../core/describe-entry.ts';
import { shortId } from '../core/match-id.ts';
import { durationText, pendingView } from '../core/pending-view.ts';
import { visible } from '../core/visible.ts';
import type { Command, Context } from '../shell/context.ts';
import { payloadsOf } from '../shell/large-values.ts';
import { findWaiting, ownerPassphrase } from '../shell/waiting.ts';

const OUTCOME_MS = 3_000;
const POLL_MS = 40;

/** `ioi approve ID [--yes]`: shows the guardian's copy, then signs exactly that. */
export const approve: Command = async (context, [given = ''], options) => {
  const { output, guardian, daemon } = context;
  const item = await findWaiting(context, given);
  const left = durationText(Number(item.expires) - Date.now());
  const payloads = await payloadsOf(item, daemon);
  for (const line of pendingView(item, left, output.paint, payloads)) output.note(line);
  const passphrase = await ownerPassphrase(context, options);
  await guardian.approve(item.request_hash, passphrase);
  const outcome = await outcomeOf(context, item.request_hash);
  const id = shortId(item.request_hash);
  const about = outcome ?? { word: 'not performed yet', receiptId: undefined };
  const lines = [`approved ${id}: ${visible(about.word)}${receiptText(about.receiptId)}`];
  const next = outcome === undefined ? [`next: ioi show ${id}`] : [];
  output.say([...lines, ...next], { request_hash: item.request_hash, approved: true, outcome });
  const isWell = outcome === undefined || outcome.code === 'execution.completed';
  return isWell ? undefined : 'tool';
};

function receiptText(receiptId: string | undefined): string {
  return receiptId === undefined ? '' : `, ${visible(receiptId)}`;
}

/** What came of it, when it comes soon: the daemon performs after the guardian signed. */
async function outcomeOf({ daemon }: Context, requestHash: string): Promise<EntryLine | undefined> {
  const deadline = performance.now() + OUTCOME_MS;
  while (performance.now() < deadline) {
    const { entries } = await daemon.show(requestHash);
    const line = entries.map(describeEntry).find(({ code }) => code?.startsWith('execution.'));
    if (line !== undefined) return line;
    await sleep(POLL_MS);
  }
  return undefined;
}
