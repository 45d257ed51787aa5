import { type ActionRules, type InboxPage, isActionRules } from '@ioi/protocol';
import { queryOptions } from '@tanstack/react-query';
import { effectivePolicy, payload, queries } from '../api.ts';
import type { LeaseOf, ToLease } from './lease-of.ts';
import { newestEntries } from './suggested.ts';
import { answerOf } from './working.ts';

/** A lease over one that waits, beside the policy that it would be added to. */
export const leasing = ({ request_hash, request, facts }: InboxPage['pending'][number]) =>
  queryOptions({
    queryKey: ['leasing', request_hash],
    queryFn: async () => {
      const { policy, organisation } = await queries.fetchQuery(effectivePolicy);
      const active = await rulesOf(policy?.policy_hash);
      const ceiling = await rulesOf(organisation?.bundle?.policy_hash);
      const { entries, size } = await newestEntries();
      const given: ToLease = {
        entries,
        active,
        ceiling,
        now: Date.now(),
        asked: { request, facts },
      };
      const found = await answerOf<LeaseOf>({ leasing: given });
      return { found, active, unread: Math.max(0, size - entries.length) };
    },
    staleTime: 0,
    gcTime: 0,
  });

async function rulesOf(hash: string | undefined): Promise<ActionRules | undefined> {
  const rules = hash === undefined ? undefined : await queries.fetchQuery(payload(hash));
  return isActionRules(rules) ? rules : undefined;
}
