import type { Result } from '@ioi/basis';
import {
  CLOSE_ROLE_SESSION,
  type RoleSessionHead,
  roleKeys,
  rolesIn,
  rolesInForce,
} from '@ioi/law';
import type {
  Rejection,
  RoleSessionView,
  RolesPage,
  SignInAsked,
  SignInReturned,
} from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import type { HeadReader } from '../head-reader.ts';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import type { Writer } from '../writer.ts';
import { timeOf, viewOf } from './caller.ts';
import { openSessions } from './offboarding.ts';
import { SignIns } from './sign-ins.ts';

export type RoleRoutes = {
  readonly reader: HeadReader;
  readonly domains: { readonly writer: Writer };
  /** Where people sign in. */
  readonly workbench: { readonly peopleUrl: string | undefined };
};

const LIMITS = { maxBytes: 32_768, code: 'request.invalid' };
const STATUS: Readonly<Record<string, number>> = {
  'sign_in.not_here': 400,
  'sign_in.not_exchanged': 502,
};

/** Signing in at the provider of the organisation, and who did. */
export function addRoleRoutes(app: Hono, { reader, domains, workbench }: RoleRoutes): void {
  const { writer } = domains;
  const signIns = new SignIns({ reader, writer });
  app.get('/v1/roles', (context) => context.json(pageOf(reader, workbench.peopleUrl)));
  app.post('/v1/sign-ins', async (context) => {
    const asked = await textsIn<SignInAsked>(context, ['redirect_uri'], ['reason']);
    return asked instanceof Response ? asked : told(context, signIns.begin(asked));
  });
  app.post('/v1/role-session', async (context) => {
    const returned = await textsIn<SignInReturned>(
      context,
      ['sign_in', 'state', 'code'],
      ['iss', 'signature'],
    );
    return returned instanceof Response ? returned : told(context, await signIns.finish(returned));
  });
  app.get('/v1/role-session', ({ json, var: { caller } }) => {
    if (caller === undefined) return json({ roles: ['owner'] } satisfies RoleSessionView);
    return json(viewOf(caller.tokenHash, caller.session, caller.roles));
  });
  app.delete('/v1/role-session', (context) => {
    const { caller } = context.var;
    return caller ? close(context, caller.tokenHash) : unknown();
  });
  app.delete('/v1/role-sessions/:id', (context) => close(context, context.req.param('id')));
  const close = async (context: Context, tokenHash: string): Promise<Response> => {
    const head = reader.get<RoleSessionHead>(roleKeys.session(tokenHash));
    if (head?.state !== 'open') return unknown();
    const payload = { token_hash: tokenHash, reason: 'signed_out' };
    const sealed = await writer.submit(CLOSE_ROLE_SESSION, payload);
    if (!sealed.ok) return refused(sealed.error);
    return context.json(viewOf(tokenHash, head, []));
  };
}

function pageOf(reader: HeadReader, url: string | undefined): RolesPage {
  const roles = rolesInForce(reader);
  const now = timeOf(reader);
  const sessions = openSessions(reader).map(({ id, head }) => {
    return viewOf(id, head, rolesIn(head, roles, now));
  });
  const { issuer, claim, groups = [], break_glass = [], offboarded = [] } = roles ?? {};
  return {
    ...(url === undefined ? {} : { url }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(claim === undefined ? {} : { claim }),
    groups,
    break_glass: break_glass.map(({ subject }) => subject),
    offboarded,
    sessions,
  };
}

/** A body of these members, and no others; what is a signature the law looks at. */
async function textsIn<T>(
  context: Context,
  wanted: readonly string[],
  more: readonly string[],
): Promise<T | Response> {
  const body = await jsonBody<Record<string, unknown>>(context, LIMITS);
  if (!body.ok) return problem(body.error.code, body.error.message, 400);
  const given = body.value ?? {};
  const isText = ([name, value]: [string, unknown]): boolean =>
    (typeof value === 'string' && value !== '') || name === 'signature';
  const isKnown = Object.keys(given).every((name) => [...wanted, ...more].includes(name));
  const hasAll = wanted.every((name) => Object.hasOwn(given, name));
  if (isKnown && hasAll && Object.entries(given).every(isText)) return given as T;
  return problem('request.invalid', `understood are ${[...wanted, ...more].join(', ')}`, 400);
}

function told<T extends object>(context: Context, result: Result<T, Rejection>): Response {
  return result.ok ? context.json(result.value, 201) : refused(result.error);
}

function refused({ code, message }: Rejection): Response {
  const isOurs = code.startsWith('role.') || code.startsWith('sign_in.');
  return problem(code, message, STATUS[code] ?? (isOurs ? 409 : 503));
}

function unknown(): Response {
  return problem('id.unknown', 'nobody is signed in by that', 404);
}
