import { keyId } from '@ioi/crypto';
import type { HeadKey, OrganisationRoles, Role } from '@ioi/protocol';
import { rolesOf } from './people.ts';

/** Who signed in, in which groups; it stays when it is over, so that no token is opened twice. */
export type RoleSessionHead = {
  readonly state: 'open' | 'closed';
  readonly issuer: string;
  readonly client_id: string;
  readonly subject: string;
  readonly groups: readonly string[];
  /** Chain Time. */
  readonly opened: string;
  readonly expires: string;
  /** Of the key that signed it as well. */
  readonly break_glass?: { readonly reason: string; readonly key_id: string };
  readonly closed?: 'signed_out' | 'expired' | 'role_lost';
};

export const roleKeys = {
  session: (tokenHash: string): HeadKey => ({ headClass: 'role_session', id: tokenHash }),
  /** Those that are open: their complete listing is one subtree. */
  open: (tokenHash: string): HeadKey => ({ headClass: 'role_open', id: tokenHash }),
} as const;

/** What a session may now, by what the organisation says now; nothing where it is over. */
export function rolesIn(
  session: RoleSessionHead | undefined,
  roles: OrganisationRoles | undefined,
  now: bigint,
): readonly Role[] {
  if (session?.state !== 'open' || now >= BigInt(session.expires)) return [];
  return rolesLeft(session, roles);
}

/** The same, whatever time it is. */
export function rolesLeft(
  { issuer, client_id, subject, groups, break_glass }: RoleSessionHead,
  roles: OrganisationRoles | undefined,
): readonly Role[] {
  if (roles?.issuer !== issuer || roles.client_id !== client_id) return [];
  if (roles.offboarded?.includes(subject)) return [];
  if (break_glass === undefined) return rolesOf(roles, { subject, groups });
  // A key that was lost is taken back by naming another.
  const isNamed = roles.break_glass?.some(
    (each) => each.subject === subject && keyId(each.public_key) === break_glass.key_id,
  );
  return isNamed === true ? ['owner'] : [];
}
