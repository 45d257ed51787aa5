import { bundleInForce, keys, type OrganisationHead, staleFrom } from '@ioi/law';
import type { OrganisationStatus } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** Who bounds the node and with what, or nothing. */
export function organisationStatus(reader: HeadReader): { organisation?: OrganisationStatus } {
  const pinned = reader.get<OrganisationHead>(keys.organisation)?.pinned;
  if (!pinned) return {};
  const { organisation_id, key_id } = pinned;
  const bundle = bundleInForce(reader);
  if (!bundle) return { organisation: { organisation_id, key_id } };
  const now = BigInt(reader.chainTime());
  const until = staleFrom(bundle);
  const age = now - (until - BigInt(bundle.max_age_ms));
  const { organisation_id: _, ...said } = bundle;
  const found = { ...said, age_ms: String(age), is_stale: now >= until };
  return { organisation: { organisation_id, key_id, bundle: found } };
}
