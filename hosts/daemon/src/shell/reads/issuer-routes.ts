import type { Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import type { Hono } from 'hono';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import type { IssuerBook } from './issuer-book.ts';

const BODY = { maxBytes: 1_000_000, code: 'request.invalid' };

/** Whose sessions this node takes beside its own; behind the routes that sessions may use. */
export function addIssuerRoutes(app: Hono, issuers: IssuerBook): void {
  app.get('/v1/session-issuers', (context) => context.json({ issuers: issuers.all() }));
  app.post('/v1/session-issuers', async (context) => {
    const body = await jsonBody<object>(context, BODY);
    return answered(body.ok ? await issuers.pin(body.value) : body);
  });
  app.post('/v1/session-issuers/revocations', async (context) => {
    const body = await jsonBody<object>(context, BODY);
    return answered(body.ok ? await issuers.learn(body.value) : body);
  });
  app.delete('/v1/session-issuers/:id', async (context) => {
    const id = context.req.param('id');
    const forgotten = await issuers.forget(id);
    return answered(forgotten.ok ? { ok: true, value: { issuer_id: id } } : forgotten);
  });
}

function answered(answer: Result<object, Rejection>): Response {
  if (answer.ok) return Response.json(answer.value);
  const { code, message } = answer.error;
  return problem(code, message, code === 'issuer.unknown' ? 404 : 400);
}
