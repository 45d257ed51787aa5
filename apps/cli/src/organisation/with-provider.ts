import type { OrganisationSettings } from '@ioi/protocol';
import type { RolesAsked } from '../core/organisation-roles.ts';
import { discover } from '../shell/oidc-provider.ts';

/** With where the provider is reached and its keys, as they are now: that is what is signed. */
export async function withProvider(
  settings: OrganisationSettings,
  roles: RolesAsked | undefined,
): Promise<OrganisationSettings> {
  if (roles === undefined) return settings;
  const found = await discover(roles.issuer);
  return { ...settings, roles: { ...roles, ...found } };
}
