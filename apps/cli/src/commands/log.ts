import { setTimeout as sleep } from 'node:timers/promises';
import { describeEntry } from '@ioi/law';
import type { LogEntry, LogPage } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import { shortId } from '../core/match-id.ts';
import { colourOf } from '../core/paint.ts';
import { type Command, type Context, countOption, flagOption } from '../shell/context.ts';
import { timeText } from '../shell/time.ts';

const COLUMNS = [
  { title: 'SEQ', most: 8 },
  { title: 'UTC', most: 19 },
  { title: 'WHAT', most: 24 },
  { title: 'TARGET', most: 28 },
  { title: 'ABOUT', most: 44 },
  { title: 'RULE', most: 28 },
  { title: 'RECEIPT', most: 24 },
];
const POLL_MS = 300;
const PAGE = 500;

/** `ioi log [-n N] [--follow]`: oldest first, so that the newest stands at the prompt. */
export const log: Command = async (context, _args, options) => {
  const limit = countOption(options, 'lines', 20);
  const page = await newest(context, limit);
  const entries = page.entries.toReversed();
  printEntries(context, entries, true);
  if (!flagOption(options, 'follow')) return undefined;
  let last = entries.at(-1)?.seq ?? String(page.size - 1);
  for (;;) {
    const more = await context.daemon.log({ after: last, limit: PAGE });
    printEntries(context, more.entries, false);
    last = more.entries.at(-1)?.seq ?? last;
    if (more.entries.length < PAGE) await sleep(POLL_MS);
  }
};

/** The newest first, as many as were asked for, however few the node gives at once. */
async function newest({ daemon }: Context, limit: number): Promise<LogPage> {
  const entries: LogEntry[] = [];
  let { size } = await daemon.log({ limit: 1 });
  while (entries.length < limit) {
    const before = entries.at(-1)?.seq;
    const asked = Math.min(PAGE, limit - entries.length);
    const page = await daemon.log({ limit: asked, ...(before === undefined ? {} : { before }) });
    if (before === undefined) size = page.size;
    entries.push(...page.entries);
    if (page.entries.length < asked) break;
  }
  return { size, entries };
}

/** A line each; with `--json` as they stand in the log. */
export function printEntries(
  { output }: Context,
  entries: readonly LogEntry[],
  isFirst: boolean,
): void {
  if (output.json)
    return void output.raw(entries.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const rows = entries.map(rowOf);
  if (output.plain) return void output.say(tabbed(rows), undefined);
  const [titles = '', ...lines] = table(COLUMNS, rows);
  const painted = lines.map((line, at) => {
    const word = rows[at]?.[2] ?? '';
    return line.replace(word, () => output.paint(colourOf(word), word));
  });
  if (painted.length > 0) output.say(isFirst ? [titles, ...painted] : painted, undefined);
}

function rowOf(entry: LogEntry): string[] {
  const line = describeEntry(entry);
  const { seq, chainTime, word, target = '', path, detail, ruleId = '', receiptId } = line;
  const about = path ?? detail ?? shortId(line.requestHash ?? '');
  const receipt = receiptId === undefined ? '' : shortId(receiptId);
  return [seq, timeText(chainTime), word, target, about, ruleId, receipt];
}
