import { err, ok, type Result } from '@ioi/basis';
import type {
  DecideAction,
  Evidence,
  HeadKey,
  OrganisationRoles,
  Rejection,
  View,
} from '@ioi/protocol';
import { type Layers, policiesIn } from '../policy/index.ts';
import { isOffboarded } from '../roles/people.ts';
import { type BundleHead, keys, type OrganisationHead, type PolicyHead } from './heads.ts';
import type { PolicyCache } from './policy-cache.ts';

type Looking = {
  readonly view: View;
  readonly policies: PolicyCache;
  readonly evidence: Evidence;
  readonly chainTime: bigint;
};

/** The bundle that bounds the node: the one held of the organisation that is pinned. */
export function bundleInForce(view: View): BundleHead | undefined {
  const pinned = view.get<OrganisationHead>(keys.organisation)?.pinned;
  return pinned && view.get<BundleHead>(keys.bundle(pinned.key_id, pinned.organisation_id));
}

/** Who has which role on the node. */
export function rolesInForce(view: View): OrganisationRoles | undefined {
  return bundleInForce(view)?.settings?.roles;
}

/** Nothing is decided any more for agents of whoever has no role any more; undefined for others. */
export function refusedAgent(
  { request, verdict }: DecideAction,
  view: View,
): Result<never, Rejection> | undefined {
  const { agent_id } = request.context;
  if (verdict === 'BLOCK' || !isOffboarded(rolesInForce(view), agent_id)) return undefined;
  return err({ code: 'role.offboarded', message: `${agent_id} is of somebody who has left` });
}

/** Chain Time from which a bundle is too old. What its organisation says only shortens. */
export function staleFrom({ accepted, issued, max_age_ms }: BundleHead): bigint {
  const [held, made] = [BigInt(accepted), BigInt(issued)];
  return (made < held ? made : held) + BigInt(max_age_ms);
}

/** Heads that say which layers decide. */
export function layerKeys(view: View): HeadKey[] {
  const pinned = view.get<OrganisationHead>(keys.organisation)?.pinned;
  const own = pinned ? [keys.bundle(pinned.key_id, pinned.organisation_id)] : [];
  return [keys.policy, keys.organisation, ...own];
}

/** The layers that decide at this time. Rejects with `policy.missing` without their texts. */
export function layersInForce(looking: Looking): Result<Layers, Rejection> {
  const { view, policies, evidence, chainTime } = looking;
  const active = view.get<PolicyHead>(keys.policy);
  const bundle = bundleInForce(view);
  const local = active && policies.compiled(active.policy_hash, evidence);
  if (active && !local) return missing(active.policy_hash);
  if (bundle === undefined) return ok({ local });
  const policy = policies.compiled(bundle.policy_hash, evidence);
  if (policy === undefined) return missing(bundle.policy_hash);
  const isStale = chainTime >= staleFrom(bundle);
  return ok({ local, ceiling: { policy, ...(isStale ? { stale: bundle.stale } : {}) } });
}

/** Whether any layer asks where values come from or what was read. */
export function asksProvenance(layers: Layers): boolean {
  return policiesIn(layers).some((policy) => policy.asksProvenance);
}

function missing(hash: string): Result<never, Rejection> {
  return err({ code: 'policy.missing', message: `no payload for ${hash}` });
}
