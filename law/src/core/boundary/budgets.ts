import type { Digest } from '@ioi/canon';
import type { Money, Reservation } from '@ioi/protocol';
import { type BudgetView, scaleAmount } from '../policy/index.ts';
import type { BudgetHead } from './heads.ts';

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
    spent: (budgetId) => {
      const uses = heads(budgetId)?.uses ?? [];
      return uses.reduce((sum, use) => sum + BigInt(use.spend), 0n);
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
  if (windowOf(budgetId) !== undefined) return head;
  const settled = head.uses.filter((use) => use.settled || use.request_hash === requestHash);
  const open = head.uses.filter((use) => !use.settled && use.request_hash !== requestHash);
  const last = settled.at(-1);
  if (last === undefined) return head;
  const spend = String(settled.reduce((sum, use) => sum + BigInt(use.spend), 0n));
  const calls = settled.reduce((sum, use) => sum + use.calls, 0);
  return { uses: [{ ...last, spend, calls, settled: true }, ...open] };
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

/** Window of a rate budget in milliseconds; undefined for spend budgets. */
function windowOf(budgetId: string): bigint | undefined {
  const match = /^rate:.*:([0-9]{1,16})$/.exec(budgetId);
  return match?.[1] === undefined ? undefined : BigInt(match[1]);
}
