import type { Digest } from '@ioi/canon';
import type { Money, Reservation } from '@ioi/protocol';
import { type BudgetView, DAY_MS, scaleAmount } from '../policy/index.ts';
import type { BudgetHead } from './heads.ts';

type Use = BudgetHead['uses'][number];

const RATE = 'rate:';
const DAY = 'day_spend:';
const HOUR_MS = 3_600_000n;

/** The budgets an operation declared, as the evaluator asks for them. */
export function budgetView(
  heads: (budgetId: string) => BudgetHead | undefined,
  chainTime: bigint,
): BudgetView {
  return {
    time: chainTime,
    calls: (budgetId, windowMs) => {
      const since = chainTime - BigInt(windowMs);
      const uses = heads(budgetId)?.uses ?? [];
      return uses.reduce((sum, use) => (BigInt(use.at) > since ? sum + use.calls : sum), 0);
    },
    spent: (budgetId, _, windowMs) => {
      const since = windowMs === undefined ? undefined : chainTime - BigInt(windowMs);
      const uses = heads(budgetId)?.uses ?? [];
      const counted = uses.filter(({ at }) => since === undefined || BigInt(at) > since);
      return counted.reduce((sum, use) => sum + BigInt(use.spend), 0n);
    },
  };
}

/** Reserves within the commit; the receipt settles or releases (design section 4). */
export function reserve(
  head: BudgetHead | undefined,
  reservation: Reservation,
  use: { at: bigint; requestHash: Digest },
): BudgetHead {
  const kept = stillCounted(head?.uses ?? [], reservation, use.at);
  const added = {
    at: String(use.at),
    request_hash: use.requestHash,
    calls: reservation.calls ?? 0,
    spend: spendText(reservation.spend),
    settled: false,
  };
  return { uses: [...kept, added] };
}

/** The effect happened, or may have: the use stays. Settled spend is kept as one sum. */
export function settle(head: BudgetHead, budgetId: string, requestHash: Digest): BudgetHead {
  if (budgetId.startsWith(DAY)) return settleDay(head, requestHash);
  if (budgetId.startsWith(RATE)) return settleCalls(head, requestHash);
  const settled = head.uses.filter((use) => use.settled || use.request_hash === requestHash);
  const open = head.uses.filter((use) => !use.settled && use.request_hash !== requestHash);
  const last = settled.at(-1);
  if (last === undefined) return head;
  const spend = String(settled.reduce((sum, use) => sum + BigInt(use.spend), 0n));
  const calls = settled.reduce((sum, use) => sum + use.calls, 0);
  return { uses: [{ ...last, spend, calls, settled: true }, ...open] };
}

/** Uses of one hour become one, as of the last of them: that frees no amount too early. */
function settleDay(head: BudgetHead, requestHash: Digest): BudgetHead {
  const hours = new Map<bigint, Use>();
  const open: Use[] = [];
  for (const use of head.uses) {
    if (!use.settled && use.request_hash !== requestHash) {
      open.push(use);
      continue;
    }
    const hour = BigInt(use.at) / HOUR_MS;
    const before = hours.get(hour);
    const at = before && BigInt(before.at) > BigInt(use.at) ? before.at : use.at;
    const spend = String(BigInt(use.spend) + BigInt(before?.spend ?? '0'));
    const calls = use.calls + (before?.calls ?? 0);
    hours.set(hour, { ...use, at, spend, calls, settled: true });
  }
  return { uses: [...hours.values(), ...open] };
}

/** Nothing happened: the use is given back. */
export function release(head: BudgetHead, requestHash: Digest): BudgetHead {
  return { uses: head.uses.filter((use) => use.settled || use.request_hash !== requestHash) };
}

function spendText(spend: Money | undefined): string {
  return spend ? String(scaleAmount(spend.amount) ?? 0n) : '0';
}

function settleCalls({ uses }: BudgetHead, requestHash: Digest): BudgetHead {
  const isIt = (use: Use): boolean => use.request_hash === requestHash;
  return { uses: uses.map((use) => (isIt(use) ? { ...use, settled: true } : use)) };
}

/**
 * What a later decision may still look at: the uses within the longest window, and of calls that
 * are settled no more than the largest rate counts. One that may yet be given back is kept beside
 * them, so that giving it back uncovers nothing that was forgotten.
 */
function stillCounted(
  uses: readonly Use[],
  { budget_id, window_ms, most }: Reservation,
  now: bigint,
): readonly Use[] {
  const window = budget_id.startsWith(DAY) ? DAY_MS : window_ms;
  if (window === undefined) return uses;
  const within = uses.filter(({ at }) => BigInt(at) > now - BigInt(window));
  if (most === undefined) return within;
  const settled = within.filter((use) => use.settled);
  const forgotten = new Set(settled.slice(0, Math.max(0, settled.length - most)));
  return within.filter((use) => !forgotten.has(use));
}
