import type { InclusionResult, ServiceModuleManifestEnvelope } from '@ioi/protocol';
import { mayWiden } from '../policy/index.ts';

/** What a governed module may do: its manifest under its policy. */
export type Governed = {
  readonly manifest: ServiceModuleManifestEnvelope;
  readonly policy_hash?: string;
};

/**
 * The Monotonic Policy Invariant (whitepaper 9.4.3): capabilities may only go, the way a model is
 * mounted must stay, and so must the policy, but for what `policies` says of one that changes.
 * Anything else is `undecided`, which is treated as widening.
 */
export function inclusionOf(
  before: Governed,
  after: Governed,
  policies: InclusionResult = 'undecided',
): InclusionResult {
  const held = new Set<string>(before.manifest.required_capabilities);
  const wanted = new Set<string>(after.manifest.required_capabilities);
  const isWithin = [...wanted].every((each) => held.has(each));
  const ofPolicy = before.policy_hash === after.policy_hash ? 'unchanged' : policies;
  const sameMount =
    before.manifest.deployment_profile.mount_mode === after.manifest.deployment_profile.mount_mode;
  if (ofPolicy === 'wider') return 'wider';
  if (mayWiden(ofPolicy) || !sameMount || !isWithin) return 'undecided';
  return wanted.size === held.size ? ofPolicy : 'narrower';
}
