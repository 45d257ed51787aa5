import type { Reservation, VerdictCode } from '@ioi/protocol';
import type { Action } from './rules.ts';

/** What a policy says of one request. Data only: the same wherever it is reached. */
export type Decision = {
  readonly verdict: Action;
  readonly code: VerdictCode;
  /** Under a policy that observes: what enforcing it would have answered (decision 0012). */
  readonly observed?: { readonly verdict: Exclude<Action, 'ALLOW'>; readonly code: VerdictCode };
  /** The rule that decided; absent when none matched. */
  readonly ruleId?: string;
  /** The condition, or `target`, that decided. */
  readonly field?: string;
  /** What committing the action takes from budgets; empty unless it may go ahead. */
  readonly reservations: readonly Reservation[];
};
