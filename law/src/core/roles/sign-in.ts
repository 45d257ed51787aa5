import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { OrganisationRoles, SignInFactor } from '@ioi/protocol';
import { idTokenClaims, verifyIdToken } from '../factors/id-token.ts';
import { rolesOf } from './people.ts';

/** Groups of one person that are remembered, and how long the name of one is. */
const MOST_GROUPS = 256;
const LONGEST_GROUP = 256;
/** How old a sign-in may be, in Chain Time, when what it opens is sealed. */
const OLDEST_MS = 10n * 60_000n;

export type SignedIn = {
  readonly subject: string;
  /** Those alone that the organisation knows. */
  readonly groups: readonly string[];
};

/**
 * Subject of a sign-in that the owner enrolled for whoever the organisation has approve: the owner
 * says that it may, the organisation who that is.
 */
export const ANYBODY = '*';

/** The sign-in of whoever an ID token names, as if the owner had enrolled it. */
export function roleFactor(roles: OrganisationRoles, subject: string): SignInFactor {
  const { issuer, client_id, authorization_endpoint, token_endpoint, keys, is_fresh } = roles;
  const person = digestOf({ issuer, client_id, subject });
  if (!person.ok) throw new Error(person.error.message);
  return {
    kind: 'sign_in',
    factor_id: person.value,
    label: 'organisation',
    ...{ issuer, client_id, subject, authorization_endpoint, token_endpoint, keys, is_fresh },
  };
}

/** Who signed in at the provider of the organisation, for exactly what has this digest. */
export function heldSignIn(
  idToken: string,
  roles: OrganisationRoles,
  { digest, now }: { readonly digest: Digest; readonly now: bigint },
): Result<SignedIn, string> {
  const claims = idTokenClaims(idToken);
  const subject = claims?.['sub'];
  if (claims === undefined || typeof subject !== 'string' || subject === '') return err('sub');
  const opening = { digest, opened: now > OLDEST_MS ? now - OLDEST_MS : 0n, now };
  const held = verifyIdToken(idToken, roleFactor(roles, subject), opening);
  if (!held.ok) return held;
  const known = new Set(roles.groups.map(({ group }) => group));
  return ok({ subject, groups: groupsIn(claims[roles.claim]).filter((each) => known.has(each)) });
}

/** Whether somebody who signed in for this may approve: by the groups the token names. */
export function approvesAs(idToken: string, roles: OrganisationRoles): boolean {
  const claims = idTokenClaims(idToken) ?? {};
  const groups = groupsIn(claims[roles.claim]);
  const given = rolesOf(roles, { subject: String(claims['sub']), groups });
  return given.includes('approver') || given.includes('owner');
}

/** A list of names, or one name alone; anything else is no group. */
function groupsIn(claim: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const names = all.filter((each): each is string => typeof each === 'string');
  const usable = names.filter((each) => each !== '' && each.length <= LONGEST_GROUP);
  return [...new Set(usable)].slice(0, MOST_GROUPS);
}
