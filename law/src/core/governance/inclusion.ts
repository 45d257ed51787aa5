import type { InclusionResult, ServiceModuleManifestEnvelope } from '@ioi/protocol';

/** What a governed module may do: its manifest under its policy. */
export type Governed = {
  readonly manifest: ServiceModuleManifestEnvelope;
  readonly policy_hash?: string;
};

/**
 * The Monotonic Policy Invariant, as far as it can be decided without comparing policies
 * (whitepaper 9.4.3): capabilities may only go, policy and the way a model is mounted must stay.
 * Anything else is `undecided`, which is treated as widening.
 */
export function inclusionOf(before: Governed, after: Governed): InclusionResult {
  const held = new Set<string>(before.manifest.required_capabilities);
  const wanted = new Set<string>(after.manifest.required_capabilities);
  const isWithin = [...wanted].every((each) => held.has(each));
  const samePolicy = before.policy_hash === after.policy_hash;
  const sameMount =
    before.manifest.deployment_profile.mount_mode === after.manifest.deployment_profile.mount_mode;
  if (!samePolicy || !sameMount || !isWithin) return 'undecided';
  return wanted.size === held.size ? 'unchanged' : 'narrower';
}
