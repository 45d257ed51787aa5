import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { Evidence, Need, Rejection, View } from '@ioi/protocol';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import type { PolicyCache } from '../boundary/policy-cache.ts';
import { wordsOutside } from '../policy/index.ts';
import type { Bounds } from './bounds.ts';
import { reject } from './signed.ts';

type Given = Pick<Bounds, 'region_hash'>;

/** Texts without which nothing can be said of a region: its own, and what it is to lie inside. */
export function regionNeeds({ region_hash }: Given, outer: Given | undefined, view: View): Need[] {
  if (region_hash === undefined) return [];
  const around = outerHash(outer, view);
  const hashes = around === undefined ? [region_hash] : [region_hash, around];
  return hashes.map((digest) => ({ kind: 'payload', digest: digest as Digest }) as const);
}

type Proving = {
  readonly view: View;
  readonly evidence: Evidence;
  readonly policies: PolicyCache;
};

/**
 * That the region of what is given lies inside that of the certificate above it or, where there is
 * none, inside the policy in force: by `includes`, never by what anyone says.
 */
export function holdRegion(
  { region_hash }: Given,
  outer: Given | undefined,
  { view, evidence, policies }: Proving,
): Result<void, Rejection> {
  if (region_hash === undefined) {
    if (outer?.region_hash === undefined) return ok(undefined);
    return reject('grant.region_outside', `it names no region inside ${outer.region_hash}`);
  }
  const around = outerHash(outer, view);
  if (around === region_hash) return ok(undefined);
  const inner = policies.compiled(region_hash as Digest, evidence);
  const before = around && policies.compiled(around as Digest, evidence);
  if (!inner || !before) return reject('policy.missing', `no payload for ${region_hash}`);
  const outside = wordsOutside(policies.inclusion(before, inner));
  if (outside === undefined) return ok(undefined);
  return reject('grant.region_outside', `the region goes outside: ${outside}`);
}

function outerHash(outer: Given | undefined, view: View): string | undefined {
  return outer?.region_hash ?? view.get<PolicyHead>(keys.policy)?.policy_hash;
}
