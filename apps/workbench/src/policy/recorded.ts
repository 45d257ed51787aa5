import { contractsNamedIn, decisionsIn } from '@ioi/law';
import type { LogEntry, LogPage, Shown } from '@ioi/protocol';
import { queryOptions } from '@tanstack/react-query';
import { logBefore, queries, shown } from '../api.ts';

const DECISIONS = 1_000;
const PAGES = 10;
const PAGE = 500;

/**
 * The last decisions of the log with the contracts they name, oldest first: what a draft is tried
 * on. Of a long log the newest entries alone are looked at.
 */
export const recorded = queryOptions({
  queryKey: ['recorded'],
  queryFn: async (): Promise<readonly LogEntry[]> => {
    const decisions = await lastDecisions();
    const named = contractsNamedIn(decisions);
    const asked = named.map((hash) => queries.fetchQuery(shown(hash)));
    const contracts = (await Promise.allSettled(asked)).flatMap(entriesIn);
    return [...contracts, ...decisions];
  },
  staleTime: 60_000,
});

async function lastDecisions(): Promise<readonly LogEntry[]> {
  const found: LogEntry[] = [];
  let before: number | undefined;
  for (let page = 0; page < PAGES && found.length < DECISIONS && before !== 0; page += 1) {
    const { entries }: LogPage = await queries.fetchQuery(logBefore(before, PAGE));
    found.push(...decisionsIn(entries));
    before = Number(entries.at(-1)?.seq ?? 0);
  }
  return found.slice(0, DECISIONS).reverse();
}

/** A contract that is not found makes the replay stricter, never laxer. */
function entriesIn(answer: PromiseSettledResult<Shown>): readonly LogEntry[] {
  return answer.status === 'fulfilled' ? answer.value.entries.slice(0, 1) : [];
}
