import { isOrganisationSettings, type OrganisationSettings } from '@ioi/protocol';
import type { RolesAsked } from '../core/organisation-roles.ts';
import { usageFault } from '../shell/fault.ts';
import { discover } from '../shell/oidc-provider.ts';

/** With where the provider is reached and its keys, as they are now: that is what is signed. */
export async function withProvider(
  settings: OrganisationSettings,
  roles: RolesAsked | undefined,
): Promise<OrganisationSettings> {
  if (roles === undefined) return settings;
  const found = await discover(roles.issuer);
  const whole: unknown = { ...settings, roles: { ...roles, ...found } };
  if (isOrganisationSettings(whole)) return whole;
  throw usageFault('/roles is not as OrganisationSettings (docs/reference)');
}
