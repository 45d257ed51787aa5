import type { AuthorityGrantEnvelope } from '@ioi/protocol';
import { scaleAmount } from '../policy/money.ts';
import { allWithin } from './resources.ts';

/** What bounds a grant and a certificate alike. */
export type Bounds = Pick<
  AuthorityGrantEnvelope,
  | 'authority_scopes'
  | 'primitive_capability_constraints'
  | 'resources'
  | 'constraints'
  | 'approval_required_for'
  | 'region_hash'
>;

/** An amount that has the form of one, times 10^18. Without one nothing may be spent. */
export function dollars(amount: string | undefined): bigint {
  return (amount === undefined ? undefined : scaleAmount(amount)) ?? 0n;
}

/**
 * The first member in which `inner` goes further than `outer`; undefined where it is a narrowing
 * (whitepaper 7.3.4). Regions are compared by hash: whoever can prove one inside the other does so
 * beforehand.
 */
export function wideningIn(
  outer: Bounds,
  inner: Bounds,
  isRegionWithin = inner.region_hash === outer.region_hash,
): keyof Bounds | undefined {
  if (!isSubset(inner.authority_scopes, outer.authority_scopes)) return 'authority_scopes';
  const able = outer.primitive_capability_constraints;
  if (!isSubset(inner.primitive_capability_constraints, able)) {
    return 'primitive_capability_constraints';
  }
  if (!allWithin(outer.resources, inner.resources)) return 'resources';
  if (!fits(inner.constraints, outer.constraints)) return 'constraints';
  const { approval_required_for: asked } = inner;
  if (!isSubset(outer.approval_required_for, asked)) return 'approval_required_for';
  if (outer.region_hash !== undefined && !isRegionWithin) return 'region_hash';
  return undefined;
}

function isSubset(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.every((each) => outer.includes(each));
}

function fits(inner: Bounds['constraints'], outer: Bounds['constraints']): boolean {
  if (dollars(inner.max_budget_usd) > dollars(outer.max_budget_usd)) return false;
  if (BigInt(inner.expires_at) > BigInt(outer.expires_at)) return false;
  if (outer.max_calls === undefined) return true;
  return inner.max_calls !== undefined && BigInt(inner.max_calls) <= BigInt(outer.max_calls);
}
