import type { ActionRules, LogEntry, LogPage } from '@ioi/protocol';
import { queryOptions } from '@tanstack/react-query';
import { logBefore, queries } from '../api.ts';
import type { Suggestions, ToSuggest } from './suggest.ts';
import { answerOf } from './working.ts';

const PAGE = 500;
const PAGES = 40;

type Under = {
  readonly active: ActionRules | undefined;
  readonly ceiling: ActionRules | undefined;
};

/** What the log would have a policy be, with how much of it was looked at. */
export const suggested = ({ active, ceiling }: Under) =>
  queryOptions({
    queryKey: ['suggested', active, ceiling],
    queryFn: async () => {
      const { entries, size } = await newestEntries();
      const given: ToSuggest = { entries, active, ceiling, now: Date.now() };
      const found = await answerOf<Suggestions>({ suggesting: given });
      return { ...found, read: entries.length, size };
    },
    staleTime: 60_000,
  });

/** Oldest first; of a long log the newest alone. */
export async function newestEntries(): Promise<{ entries: readonly LogEntry[]; size: number }> {
  const found: LogEntry[] = [];
  let size = 0;
  let before: number | undefined;
  for (let page = 0; page < PAGES && before !== 0; page += 1) {
    const read: LogPage = await queries.fetchQuery(logBefore(before, PAGE));
    found.push(...read.entries);
    size = Math.max(size, read.size);
    before = Number(read.entries.at(-1)?.seq ?? 0);
  }
  return { entries: found.reverse(), size };
}
