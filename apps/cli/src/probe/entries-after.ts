import { describeEntry, type EntryLine } from '@ioi/law';
import type { DaemonApi } from '../shell/node-api.ts';

const MOST_ENTRIES = 100;

/** All that the node's log has after a place, as it is told to people. */
export async function entriesAfter(
  daemon: DaemonApi,
  after: string,
): Promise<readonly EntryLine[]> {
  const lines: EntryLine[] = [];
  for (let place = after; ; ) {
    const { entries: logged } = await daemon.log({ after: place, limit: MOST_ENTRIES });
    lines.push(...logged.map(describeEntry));
    const last = logged.at(-1);
    if (last === undefined || logged.length < MOST_ENTRIES) return lines;
    place = last.seq;
  }
}
