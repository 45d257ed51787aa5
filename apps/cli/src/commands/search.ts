import type { LogEntry, SearchPage } from '@ioi/protocol';
import { type Command, type Context, countOption } from '../shell/context.ts';
import { printEntries } from './log.ts';

const PAGE_MAX = 200;

/** `ioi search TEXT… [-n N]`: entries in which all of it stands, the newest at the prompt. */
export const search: Command = async (context, words, options) => {
  const { output } = context;
  const limit = countOption(options, 'lines', 20);
  const { entries, page } = await newest(context, words.join(' '), limit);
  printEntries(context, entries.toReversed(), true);
  const { indexed, size, next_cursor: next, too_many_ids: areMany } = page;
  if (entries.length === 0 && !output.json) output.note('nothing was found');
  if (next !== undefined) output.note('there may be more: -n takes how many');
  if (indexed < size) output.note(`${indexed} of ${size} entries are looked at yet`);
  if (areMany) output.note('many ids begin so: give more of it to find one');
  return undefined;
};

/** Page by page: one of them may have none and be followed by one that has. */
async function newest({ daemon }: Context, q: string, limit: number) {
  const entries: LogEntry[] = [];
  let page: SearchPage;
  let cursor: string | undefined;
  do {
    const most = Math.min(PAGE_MAX, limit - entries.length);
    page = await daemon.search({ q, limit: most, cursor });
    entries.push(...page.entries);
    cursor = page.next_cursor;
  } while (cursor !== undefined && entries.length < limit);
  return { entries, page };
}
