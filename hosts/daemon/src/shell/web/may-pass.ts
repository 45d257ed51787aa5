import { decide } from '@ioi/firewall';
import type { PolicyCache } from '@ioi/law';
import type { ActionRequest, RuntimeToolContract } from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';
import { layersNow } from '../layers-now.ts';

export type Passing = { readonly reader: HeadReader; readonly policies: PolicyCache };

/** Conditions that a fact may come to fulfil. */
const OF_FACTS = ['allow_ips', 'allow_origins', 'requested', 'target_exists'] as const;

/**
 * Whether any fact could let a request through. Where a host is, is asked of those who answer for
 * its name: nobody hears a name by a request that no rule lets out.
 */
export function mayPass(
  request: ActionRequest,
  contract: RuntimeToolContract,
  { reader, policies }: Passing,
): boolean {
  const layers = layersNow(reader, policies);
  if (!layers.ok) return false;
  const { local: policy, ceiling } = layers.value;
  const rules = [policy, ceiling?.policy].flatMap((each) => each?.rules.rules ?? []);
  if (rules.some(({ conditions }) => OF_FACTS.some((name) => conditions[name] !== undefined))) {
    return true;
  }
  const about = { contract, policy, ceiling, budgets: reader.budgets() };
  const { decision } = decide({ request, facts: {}, ...about });
  return decision.code !== 'policy.default_deny';
}
