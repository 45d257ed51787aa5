import { unsaltedText } from '@ioi/law';
import type { KeptContent } from '@ioi/protocol';
import { contentsTabbed, contentsView, overviewView, receiptView } from '../core/data-view.ts';
import { shortId } from '../core/match-id.ts';
import { readSize, sizeText } from '../core/size-text.ts';
import { preview, visible } from '../core/visible.ts';
import type { Command, Context } from '../shell/context.ts';
import { countOption, flagOption, type Options, textOption } from '../shell/context.ts';
import { digestsOf, selectContents, someContents } from '../shell/data-selection.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { askYes } from '../shell/prompt.ts';
import { timeText } from '../shell/time.ts';

const COLUMNS = 100;
const MOST_LINES = 10_000;

/** `ioi data show [SELECTOR…] [--content]`: what is kept, or what some of it says. */
export const dataShow: Command = async (context, terms, options) => {
  const { output, daemon } = context;
  if (terms.length === 0) {
    const overview = await daemon.data();
    output.say(overviewView(overview, timeText, output.paint), overview);
    return undefined;
  }
  if (flagOption(options, 'content')) return showContent(context, terms);
  const selected = await selectContents(context, terms);
  const { forgotten_seq: seq } = selected;
  if (seq !== undefined) output.say([`forgotten: entry ${seq} says so`], selected);
  else if (output.plain) output.say(contentsTabbed(selected), selected);
  else output.say(contentsView(selected, timeText), selected);
  return undefined;
};

/** `ioi data retain CLASS [--days N] [--max SIZE]` */
export const dataRetain: Command = async ({ output, daemon }, [artifactClass = ''], options) => {
  const days = countOption(options, 'days', -1);
  const given = textOption(options, 'max');
  const most = given === undefined ? undefined : readSize(given);
  if (given !== undefined && most === undefined) {
    throw usageFault(`--max takes a size such as 500MiB or 2GiB, not ${given}`);
  }
  if (days < 0 && most === undefined) throw usageFault('say --days N, --max SIZE or both');
  const rule = await daemon.retain({
    artifact_class: artifactClass,
    ...(days < 0 ? {} : { keep_days: days }),
    ...(most === undefined ? {} : { max_bytes: most }),
  });
  const { keep_days: kept, max_bytes: bytes } = rule;
  const line = `${visible(artifactClass)}: kept for ${kept} days, at most ${sizeText(bytes)}`;
  output.say([line], { artifact_class: artifactClass, ...rule });
  return undefined;
};

/** `ioi data hold SELECTOR… [--matter NAME]` */
export const dataHold: Command = (context, terms, options) =>
  setHold(context, terms, { operation: 'hold', options });

/** `ioi data release SELECTOR… [--matter NAME]` */
export const dataRelease: Command = (context, terms, options) =>
  setHold(context, terms, { operation: 'release', options });

/** `ioi data forget SELECTOR… [--yes] [--reason TEXT]`: shows what, asks, forgets for good. */
export const dataForget: Command = async (context, terms, options) => {
  const { output, daemon } = context;
  const selected = await someContents(context, terms);
  for (const line of contentsView(selected, timeText)) output.note(line);
  const held = selected.contents.filter(({ spared_by: spared }) => spared !== undefined);
  const free = selected.contents.filter((each) => !held.includes(each));
  if (free.length === 0) throw spared(held);
  await confirm(context, options, `forget ${free.length} of them, for good?`);
  const reason = textOption(options, 'reason') ?? 'asked for by the operator';
  const receipt = await daemon.forget(digestsOf(free), reason);
  const left = held.map(
    ({ envelope, spared_by: why }) => `${shortId(envelope.sha256)} is ${whyText(why)}`,
  );
  output.say([...receiptView('forgot', receipt, timeText), ...left], {
    ...receipt,
    spared: held.map(({ envelope, spared_by }) => ({ sha256: envelope.sha256, spared_by })),
  });
  return held.length === 0 ? undefined : 'blocked';
};

type Holding = { readonly operation: 'hold' | 'release'; readonly options: Options };

async function setHold(
  context: Context,
  terms: readonly string[],
  { operation, options }: Holding,
): Promise<undefined> {
  const { output, daemon } = context;
  const matter = textOption(options, 'matter') ?? 'hold';
  const { contents } = await someContents(context, terms);
  const isHold = operation === 'hold';
  const meant = contents.filter(({ matters }) => matters.includes(matter) !== isHold);
  if (meant.length === 0) {
    throw usageFault(`${matter} ${isHold ? 'holds all of it already' : 'holds none of it'}`);
  }
  const receipt = await daemon.setHold(operation, digestsOf(meant), matter);
  const done = isHold ? 'holds' : 'released';
  output.say(receiptView(`${visible(matter)}: ${done}`, receipt, timeText), { matter, ...receipt });
  return undefined;
}

/** What it says, behind a bar: text of others is never printed as if it were ours. */
async function showContent(context: Context, terms: readonly string[]): Promise<undefined> {
  const { output, daemon } = context;
  const { contents } = await someContents(context, terms);
  const told: { sha256: string; text: string }[] = [];
  const lines: string[] = [];
  for (const { envelope, artifact_class: name } of contents) {
    const { sha256 } = envelope;
    const salted = await daemon.payload(sha256);
    const text = salted === undefined ? undefined : unsaltedText(salted);
    if (text === undefined) throw new Error(`${sha256} is not the content that was put`);
    told.push({ sha256, text });
    lines.push(`${shortId(sha256)}  ${visible(name)}`);
    lines.push(...preview(text, COLUMNS, MOST_LINES).lines.map((line) => `  │ ${line}`));
  }
  output.say(lines, { contents: told });
  return undefined;
}

async function confirm({ output }: Context, options: Options, question: string): Promise<void> {
  if (flagOption(options, 'yes')) return;
  if (!output.canAsk) {
    throw usageFault('there is no terminal to ask at', 'the same command with --yes');
  }
  if (await askYes(question)) return;
  const message = 'cancelled; nothing was forgotten';
  throw new CommandFault({ exit: 'authority', code: 'prompt.cancelled', message });
}

function spared(held: readonly KeptContent[]): CommandFault {
  const [first] = held;
  return new CommandFault({
    exit: 'blocked',
    code: first?.spared_by === 'in_use' ? 'content.in_use' : 'content.held',
    message: `all of it is ${whyText(first?.spared_by)}`,
    ...(first?.spared_by === 'held' ? { next: 'ioi data release SELECTOR --matter NAME' } : {}),
  });
}

function whyText(why: KeptContent['spared_by']): string {
  return why === 'in_use' ? 'of an action that is not over' : 'held';
}
