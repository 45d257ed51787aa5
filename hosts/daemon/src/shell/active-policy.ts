import { type CompiledPolicy, keys, type PolicyCache, type PolicyHead } from '@ioi/law';
import type { HeadReader } from './head-reader.ts';

/** The policy that decides now, as far as this process has seen it sealed. */
export function activePolicy(
  reader: HeadReader,
  policies: PolicyCache,
): CompiledPolicy | undefined {
  const active = reader.get<PolicyHead>(keys.policy);
  return active && policies.compiled(active.policy_hash, reader.evidence);
}
