import type { Digest } from '@ioi/canon';
import type { Money, Reservation } from '@ioi/protocol';
import { type BudgetView, DAY_MS, scaleAmount } from '../policy/index.ts';
import type { BudgetHead } from './heads.ts';

type Use = BudgetHead['uses'][number];

const DAY = 'day_spend:';
const HOUR_MS = 3_600_000n;

/** The budgets an operation declared, as the evaluator asks for them. */
export function budgetView(
  heads: (budgetId: string) => BudgetHead | undefined,
  chainTime: bigint,
): BudgetView {
  return {
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
  const kept = (head?.uses ?? []).filter(
    (each) => !hasLeftWindow(reservation.budget_id, each.at, use.at),
  );
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
  if (windowOf(budgetId) !== undefined) return head;
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

function hasLeftWindow(budgetId: string, at: string, now: bigint): boolean {
  const window = windowOf(budgetId);
  return window !== undefined && BigInt(at) <= now - window;
}

/** Window of a budget in milliseconds; undefined for the spend of a session. */
function windowOf(budgetId: string): bigint | undefined {
  if (budgetId.startsWith(DAY)) return BigInt(DAY_MS);
  const match = /^rate:.*:([0-9]{1,16})$/.exec(budgetId);
  return match?.[1] === undefined ? undefined : BigInt(match[1]);
}
