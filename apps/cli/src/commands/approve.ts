import { setTimeout as sleep } from 'node:timers/promises';
import { describeEntry, type EntryLine, type ParamChange } from '@ioi/law';
import type { ExitName } from '../core/exit-codes.ts';
import { shortId } from '../core/match-id.ts';
import { asksForWords, durationText, type PendingItem, pendingView } from '../core/pending-view.ts';
import { visible } from '../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { changesWanted } from '../shell/edit-request.ts';
import { usageFault } from '../shell/fault.ts';
import { payloadsOf } from '../shell/large-values.ts';
import { findWaiting, ownerPassphrase } from '../shell/waiting.ts';
import { beginGroupApproval, groupApproval } from './approve-group.ts';
import { inbox } from './inbox.ts';

const OUTCOME_MS = 3_000;
const POLL_MS = 40;

/** `ioi approve ID [--edit] [--set PATH=VALUE]`: shows the guardian's copy, then signs that. */
export const approve: Command = async (context, [given = ''], options) => {
  if (flagOption(options, 'page')) return inbox(context, [], { ...options, open: true });
  const asked = await findWaiting(context, given);
  const changes = await changesWanted(context, asked, options);
  if (changes === undefined) return approveItem(context, asked, options);
  return approveChanged(context, asked, { changes, options, isTyped: false });
};

/** `ioi answer ID WORDS`, or `--choice N`: what an agent asked, with the answer in it, approved. */
export const answer: Command = async (context, [given = '', ...words], options) => {
  const asked = await findWaiting(context, given);
  if (!asksForWords(asked)) throw usageFault(`${shortId(asked.request_hash)} asks for no answer`);
  const value =
    textOption(options, 'choice') === undefined ? words.join(' ') : choiceIn(asked, options);
  if (value.trim() === '') throw usageFault('answer what? Give words, or --choice N', 'ioi inbox');
  const changes = [{ path: ['answer'], value }];
  return approveChanged(context, asked, { changes, options, isTyped: true });
};

function choiceIn({ request }: PendingItem, options: Options): string {
  const { choices = [] } = request.params as { readonly choices?: readonly string[] };
  const chosen = choices[Number(textOption(options, 'choice')) - 1];
  if (chosen === undefined)
    throw usageFault(`--choice is from 1 to ${choices.length}`, 'ioi inbox');
  return chosen;
}

type Changing = {
  readonly changes: readonly ParamChange[];
  readonly options: Options;
  /** Nothing comes of them but what the person typed in this command. */
  readonly isTyped: boolean;
};

async function approveChanged(
  context: Context,
  asked: PendingItem,
  { changes, options, isTyped }: Changing,
): Promise<ExitName | undefined> {
  const { output, guardian } = context;
  const passphrase = await ownerPassphrase(context, options);
  const edited = await guardian.edit(asked.request_hash, changes, passphrase);
  const ids = `${shortId(asked.request_hash)} is ${shortId(edited.request_hash)} now`;
  if (edited.verdict === 'PendingApproval') {
    output.note(`${ids}: what follows is what an approval would sign`);
    const item = await findWaiting(context, edited.request_hash);
    // Read once where it comes from a file; a person types it after looking.
    const isRead = isTyped || textOption(options, 'passphraseFile') !== undefined;
    const again = isRead ? { passphrase } : options;
    return approveItem(context, item, { ...options, ...again });
  }
  const outcome = await outcomeOf(context, edited.request_hash);
  const word = outcome?.word ?? 'not performed yet';
  output.say([`${ids}, which is allowed: ${visible(word)}`], { ...edited, outcome });
  return outcome === undefined || outcome.code === 'execution.completed' ? undefined : 'tool';
}

async function approveItem(
  context: Context,
  item: PendingItem,
  options: Options,
): Promise<ExitName | undefined> {
  const { output, guardian, daemon } = context;
  const left = durationText(Number(item.expires) - Date.now());
  const payloads = await payloadsOf(item, daemon);
  for (const line of pendingView(item, left, output.paint, payloads)) output.note(line);
  if (textOption(options, 'group') !== undefined) {
    return beginGroupApproval(context, item, options);
  }
  const signed = textOption(options, 'signed');
  const known = textOption(options, 'passphrase');
  const { standing } =
    signed === undefined
      ? await guardian.approve(
          item.request_hash,
          known ?? (await ownerPassphrase(context, options)),
        )
      : await groupApproval(context, item, signed);
  if (standing !== undefined) {
    const { needs, signed: by } = standing;
    const elsewhere = needs.out_of_band ? ', one of them on another device' : '';
    const lines = [`signed: ${by.length} of ${needs.factors} approvers${elsewhere}`];
    output.say([...lines, 'next: ioi inbox --open'], { request_hash: item.request_hash, standing });
    return undefined;
  }
  const outcome = await outcomeOf(context, item.request_hash);
  const id = shortId(item.request_hash);
  const about = outcome ?? { word: 'not performed yet', receiptId: undefined };
  const lines = [`approved ${id}: ${visible(about.word)}${receiptText(about.receiptId)}`];
  const next = outcome === undefined ? [`next: ioi show ${id}`] : [];
  output.say([...lines, ...next], { request_hash: item.request_hash, approved: true, outcome });
  const isWell = outcome === undefined || outcome.code === 'execution.completed';
  return isWell ? undefined : 'tool';
}

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
