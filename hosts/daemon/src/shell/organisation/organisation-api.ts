import { isDigest } from '@ioi/canon';
import type { FollowOrganisation, OrganisationPage, Rejection } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import type { HeadReader } from '../head-reader.ts';
import { jsonBody } from '../json-body.ts';
import { organisationStatus } from '../organisation-status.ts';
import { problem } from '../problem.ts';
import type { OrganisationFollower } from './follower.ts';

export type OrganisationRoutes = {
  readonly reader: HeadReader;
  readonly follower: OrganisationFollower;
};

const LIMITS = { maxBytes: 16_384, code: 'request.invalid' };
const ELSEWHERE: ReadonlySet<string> = new Set([
  'organisation.unreachable',
  'organisation.not_published',
]);

/** Whose bundles the node looks for, and where. */
export function addOrganisationRoutes(app: Hono, { reader, follower }: OrganisationRoutes): void {
  const page = (): OrganisationPage => {
    const source = follower.status();
    return { ...organisationStatus(reader), ...(source ? { source } : {}) };
  };
  app.get('/v1/organisation', (context) => context.json(page()));
  app.post('/v1/organisation/look', async (context) => {
    const wanted = await wantedIn(context);
    if (wanted instanceof Response) return wanted;
    const looked = await follower.look(wanted);
    return looked.ok ? context.json(looked.value) : refused(looked.error);
  });
  app.put('/v1/organisation/source', async (context) => {
    const wanted = await wantedIn(context);
    if (wanted instanceof Response) return wanted;
    const followed = await follower.follow(wanted, wanted.every_ms);
    return followed.ok ? context.json(page()) : refused(followed.error);
  });
  app.post('/v1/organisation/refresh', async (context) => {
    const looked = await follower.refresh();
    return looked.ok ? context.json(page()) : refused(looked.error);
  });
  app.delete('/v1/organisation/source', (context) => {
    follower.forget();
    return context.json(page());
  });
}

async function wantedIn(context: Context): Promise<FollowOrganisation | Response> {
  const body = await jsonBody<FollowOrganisation>(context, LIMITS);
  if (!body.ok) return problem(body.error.code, body.error.message, 400);
  const { source, key_id, every_ms, ...more } = body.value ?? {};
  const isNamed = typeof source === 'string' && isDigest(key_id);
  const isTimed = every_ms === undefined || Number.isSafeInteger(every_ms);
  if (isNamed && isTimed && Object.keys(more).length === 0) {
    return { source, key_id, ...(every_ms === undefined ? {} : { every_ms }) };
  }
  return problem('request.invalid', 'source, key_id and every_ms are what is understood', 400);
}

function refused({ code, message }: Rejection): Response {
  if (code === 'organisation.source_invalid') return problem(code, message, 400);
  return problem(code, message, ELSEWHERE.has(code) ? 502 : 409);
}
