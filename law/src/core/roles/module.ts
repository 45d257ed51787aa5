import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  type CloseRoleSession,
  type HeadChange,
  isCloseRoleSession,
  isOpenRoleSession,
  type Module,
  type NamedOperation,
  type OpenRoleSession,
  type Operation,
  type OrganisationRoles,
  type Rejection,
  type View,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { layerKeys, rolesInForce } from '../boundary/layers-in-force.ts';
import { type RoleSessionHead, roleKeys, rolesIn, rolesLeft } from './sessions.ts';
import { heldSignIn, type SignedIn } from './sign-in.ts';

const ROLES = 'roles';
const VERSION = '1';

export const OPEN_ROLE_SESSION = `${ROLES}/open`;
export const CLOSE_ROLE_SESSION = `${ROLES}/close`;

/** The longest that somebody stays signed in, and the longest that a glass stays broken. */
export const LONGEST_ROLE_SESSION_MS = 12n * 3_600_000n;
const LONGEST_BREAK_GLASS_MS = 4n * 3_600_000n;
/** Signed in at one time. */
const MOST_OPEN = 1024;

/** What is remembered of who signed in; together with the operation it stands in the log. */
export type RoleEvent =
  | {
      readonly type: 'role_session.opened';
      readonly token_hash: Digest;
      readonly session: RoleSessionHead;
    }
  | {
      readonly type: 'role_session.closed';
      readonly token_hash: Digest;
      readonly reason: CloseRoleSession['reason'];
    };

/** Who signed in at the provider of the organisation, with which groups, until when. */
export function rolesModule(registry: VerifierRegistry): Module<RoleEvent> {
  const operations = {
    open: openSession(registry) as unknown as NamedOperation<RoleEvent>,
    close: closeSession as unknown as NamedOperation<RoleEvent>,
  };
  const manifest = { name: ROLES, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: ROLES,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: { role_session: { limit: undefined }, role_open: { limit: MOST_OPEN } },
    operations,
    touches: ({ token_hash }) => [roleKeys.session(token_hash), roleKeys.open(token_hash)],
    evolve,
  };
}

function openSession(registry: VerifierRegistry): Operation<OpenRoleSession, RoleEvent> {
  return {
    authors: ['channel'],
    accepts: isOpenRoleSession,
    reads: ({ session }, view) => [
      ...[keys.node, ...layerKeys(view)],
      ...[roleKeys.session(session.token_hash), roleKeys.open(session.token_hash)],
    ],
    needs: () => [],
    decide: (opening, { view, at }) => {
      const { session, id_token } = opening;
      const broken = brokenFor(session, view);
      if (broken !== undefined) return err(broken);
      const roles = rolesInForce(view);
      if (roles === undefined) return refuse('role.none_given', 'no organisation gives roles here');
      const digest = digestOf(session);
      if (!digest.ok) return refuse('role.invalid', 'the session has no canonical form');
      const now = at.chainTime;
      const person = heldSignIn(id_token, roles, { digest: digest.value, now });
      if (!person.ok) {
        return refuse('sign_in.invalid', `the sign-in does not hold: ${person.error}`);
      }
      const longest = longestFor(opening, { roles, person: person.value, registry });
      if (!longest.ok) return longest;
      const ends = BigInt(session.expires);
      const expires = ends < now + longest.value.longest ? ends : now + longest.value.longest;
      const { key_id } = longest.value;
      const head = headOf(opening, { roles, person: person.value, key_id, now, expires });
      if (rolesIn(head, roles, now).length > 0) {
        const token_hash = session.token_hash as Digest;
        return ok([{ type: 'role_session.opened', token_hash, session: head }]);
      }
      const { subject } = person.value;
      return refuse('role.none', `${subject} is in no group that has a role, or it is over`);
    },
  };
}

function brokenFor(session: OpenRoleSession['session'], view: View): Rejection | undefined {
  const node = view.get<NodeHead>(keys.node);
  if (node === undefined) return { code: 'node.no_genesis', message: 'the log has no genesis' };
  if (session.audience !== keyId(node.guardian_key)) {
    return { code: 'role.invalid', message: 'the session is of another node' };
  }
  if (view.get(roleKeys.session(session.token_hash)) === undefined) return undefined;
  return { code: 'role.session_exists', message: 'this session was opened before' };
}

type Holding = {
  readonly roles: OrganisationRoles;
  readonly person: SignedIn;
  readonly registry: VerifierRegistry;
};

/** How long it may last; of one that breaks the glass only with the key of exactly that person. */
function longestFor(
  { session, signature }: OpenRoleSession,
  { roles, person, registry }: Holding,
): Result<{ readonly longest: bigint; readonly key_id?: string }, Rejection> {
  if (session.break_glass === undefined) return ok({ longest: LONGEST_ROLE_SESSION_MS });
  const named = roles.break_glass?.find(({ subject }) => subject === person.subject);
  if (named === undefined) {
    return refuse('role.no_break_glass', `the organisation does not let ${person.subject}`);
  }
  const message = canonicalBytes(session);
  const { public_key } = named;
  const held =
    message.ok &&
    signature !== undefined &&
    registry.verify(public_key, 'SIG_DOMAIN_SESSION', message.value, signature).ok;
  if (!held) return refuse('role.bad_signature', 'it is not signed by the key named for them');
  const asked = BigInt(named.longest_ms);
  const longest = asked < LONGEST_BREAK_GLASS_MS ? asked : LONGEST_BREAK_GLASS_MS;
  return ok({ longest, key_id: keyId(public_key) });
}

type Headed = {
  readonly roles: OrganisationRoles;
  readonly person: SignedIn;
  readonly key_id: string | undefined;
  readonly now: bigint;
  readonly expires: bigint;
};

function headOf({ session }: OpenRoleSession, headed: Headed): RoleSessionHead {
  const { roles, person, key_id, now, expires } = headed;
  const { issuer, client_id } = roles;
  const { reason } = session.break_glass ?? {};
  const broken = reason === undefined || key_id === undefined ? undefined : { reason, key_id };
  return {
    state: 'open',
    ...{ issuer, client_id, ...person },
    opened: String(now),
    expires: String(expires),
    ...(broken === undefined ? {} : { break_glass: broken }),
  };
}

const closeSession: Operation<CloseRoleSession, RoleEvent> = {
  authors: ['channel'],
  accepts: isCloseRoleSession,
  reads: ({ token_hash }, view) => [
    ...layerKeys(view),
    ...[roleKeys.session(token_hash), roleKeys.open(token_hash)],
  ],
  needs: () => [],
  decide: ({ token_hash, reason }, { view, at }) => {
    const session = view.get<RoleSessionHead>(roleKeys.session(token_hash));
    if (session?.state !== 'open') return refuse('role.session_over', 'no such session is open');
    const isOver = at.chainTime >= BigInt(session.expires);
    const hasRole = rolesLeft(session, rolesInForce(view)).length > 0;
    if ((reason === 'expired' && !isOver) || (reason === 'role_lost' && hasRole)) {
      return refuse('role.still_held', 'its person has a role, and its time is not over');
    }
    return ok([{ type: 'role_session.closed', token_hash: token_hash as Digest, reason }]);
  },
};

function evolve(view: View, event: RoleEvent): HeadChange[] {
  const key = roleKeys.session(event.token_hash);
  const open = roleKeys.open(event.token_hash);
  if (event.type === 'role_session.opened') {
    return [
      { key, value: event.session },
      { key: open, value: { subject: event.session.subject } },
    ];
  }
  const session = view.get<RoleSessionHead>(key);
  assert(session !== undefined, 'what is closed was opened');
  return [
    { key, value: { ...session, state: 'closed', closed: event.reason } },
    { key: open, value: undefined },
  ];
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
