import { HybridSignature } from '../artifacts/primitives.ts';
import { RoleSession } from '../artifacts/roles.ts';
import { ROLES } from '../roles.ts';
import { declare, json, list, object, of, oneOf, operations, optional, text } from './declare.ts';
import { SEALING } from './problem.ts';

const role = oneOf(ROLES);
const expires = text('Chain Time.');
const id = text('Digest of its token.');
const break_glass = optional(object({ reason: text() }, 'Its person acts as owner for a while.'));

export const RoleSessionView = declare(
  'RoleSessionView',
  'Who asks, and with which roles. Whoever opens the socket of the node is its owner.',
  object({
    id: optional(id),
    subject: optional(text('As the provider names the person.')),
    roles: list(role),
    expires: optional(expires),
    break_glass,
  }),
);

export const RolesPage = declare(
  'RolesPage',
  'Which group of the provider is which role, and who is signed in.',
  object({
    issuer: optional(text('Absent where the organisation gives no roles.')),
    url: optional(text('Where people sign in, on this machine; absent where they may not.')),
    claim: optional(text('Of the ID token, with the names of groups.')),
    groups: list(object({ group: text(), role })),
    break_glass: list(text(), 'Who may act as owner for a while.'),
    offboarded: list(text(), 'Who has no role any more.'),
    sessions: list(of(RoleSessionView)),
  }),
);

export const SignInAsked = declare(
  'SignInAsked',
  'Where the provider sends the browser back to; with a reason where the glass is broken.',
  object({ redirect_uri: text('An address of this machine.'), reason: optional(text()) }),
);

export const SignInBegun = declare(
  'SignInBegun',
  'Where to sign in, and what is opened by it.',
  object({
    sign_in: text('Known to whoever began it; what comes back is worth nothing without.'),
    url: text('At the provider.'),
    session: of(RoleSession),
  }),
);

export const SignInReturned = declare(
  'SignInReturned',
  'What the provider sent the browser back with.',
  object({
    sign_in: text(),
    state: text(),
    code: text(),
    iss: optional(text()),
    /** Over `session`, by the key of whoever breaks the glass. */
    signature: optional(HybridSignature),
  }),
);

export const RoleSessionOpened = declare(
  'RoleSessionOpened',
  'The token is told this once; it goes as `x-ioi-role-session` with each request.',
  object({ token: text(), session: of(RoleSessionView) }),
);

const OPENING = {
  400: ['request.invalid', 'sign_in.not_here'],
  409: ['role.*', 'sign_in.*', 'node.no_genesis'],
  502: ['sign_in.not_exchanged'],
  503: SEALING,
};

export const roleOperations = operations('roles', [
  {
    route: 'GET /v1/roles',
    id: 'readRoles',
    role: 'auditor',
    summary: 'Which group is which role, and who is signed in',
    answers: { 200: json(of(RolesPage)) },
  },
  {
    route: 'POST /v1/sign-ins',
    id: 'beginSignIn',
    role: 'public',
    summary: 'Begin to sign in at the provider of the organisation',
    body: of(SignInAsked),
    answers: { 201: json(of(SignInBegun)) },
    problems: OPENING,
  },
  {
    route: 'POST /v1/role-session',
    id: 'openRoleSession',
    role: 'public',
    summary: 'Sign in with what the provider sent back',
    body: of(SignInReturned),
    answers: { 201: json(of(RoleSessionOpened)) },
    problems: OPENING,
  },
  {
    route: 'GET /v1/role-session',
    id: 'readRoleSession',
    role: 'member',
    summary: 'Who asks, and with which roles',
    answers: { 200: json(of(RoleSessionView)) },
  },
  {
    route: 'DELETE /v1/role-session',
    id: 'closeRoleSession',
    role: 'member',
    summary: 'Sign out',
    answers: { 200: json(of(RoleSessionView)) },
    problems: { 404: ['id.unknown'], 409: ['role.*'], 503: SEALING },
  },
  {
    route: 'DELETE /v1/role-sessions/{id}',
    id: 'endRoleSession',
    role: 'owner',
    summary: 'End the session of anybody',
    answers: { 200: json(of(RoleSessionView)) },
    problems: { 404: ['id.unknown'], 409: ['role.*'], 503: SEALING },
  },
]);
