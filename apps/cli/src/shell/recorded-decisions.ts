import { contractsNamedIn, decisionsIn } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { DaemonApi } from './node-api.ts';

const PAGE = 1000;

/**
 * The last decisions of the log, oldest first, after the contracts they name: what a policy is run
 * over again. A contract that is not found makes that stricter, never laxer.
 */
export async function recordedDecisions(
  daemon: DaemonApi,
  most: number,
): Promise<readonly LogEntry[]> {
  const found: LogEntry[] = [];
  let before: string | undefined;
  while (found.length < most && before !== '0') {
    const place = before === undefined ? {} : { before };
    const { entries } = await daemon.log({ limit: PAGE, ...place });
    found.push(...decisionsIn(entries));
    before = entries.at(-1)?.seq ?? '0';
  }
  const decisions = found.slice(0, most).reverse();
  const asked = contractsNamedIn(decisions).map((hash) => daemon.show(hash));
  const contracts = (await Promise.allSettled(asked)).flatMap((answer) =>
    answer.status === 'fulfilled' ? answer.value.entries.slice(0, 1) : [],
  );
  return [...contracts, ...decisions];
}
