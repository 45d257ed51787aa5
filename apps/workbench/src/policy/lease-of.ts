import { answersOfLog, leaseFor } from '@ioi/law';
import type { ActionRules, InboxPage } from '@ioi/protocol';
import { TERMS, type ToSuggest, timeOf } from './suggest.ts';

/** What waits, with what the rest of the log says of leases. */
export type ToLease = ToSuggest & {
  readonly asked: Pick<InboxPage['pending'][number], 'request' | 'facts'>;
};

export type LeaseOf =
  | {
      readonly target: string;
      readonly reach: string;
      /** What a person approved before and it covers as well. */
      readonly hits: number;
      readonly draft: ActionRules;
    }
  | { readonly reason: string };

/** On the terms of any suggested lease. */
export function leaseOf({ entries, active, ceiling, now, asked }: ToLease): LeaseOf {
  if (active === undefined) return { reason: 'no policy is active' };
  const above = ceiling === undefined ? {} : { ceiling };
  const terms = { ...TERMS, now: timeOf(entries, now), ...above };
  const found = leaseFor(asked, answersOfLog(entries, undefined), active, terms);
  if (!found.ok) return { reason: found.error };
  const { rule, reach, hits, draft } = found.value;
  return { target: rule.target, reach, hits: hits - 1, draft };
}
