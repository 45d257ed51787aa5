import { decodeResume, projectionName } from '@ioi/agentgres';
import type { Result } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import type { QueryRequest, Rejection } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import type { IssuerBook } from './issuer-book.ts';
import { addIssuerRoutes } from './issuer-routes.ts';
import { type QueryOptions, requestIn, runQuery } from './read-queries.ts';
import type { Reader, SessionGuard } from './session-guard.ts';
import type { Subscribers } from './subscribers.ts';

/** What is read of one domain, and by whom. */
export type DomainReads = QueryOptions & ReadLimits & { readonly guard: SessionGuard };

/** Where something keeps whoever serves from going on, beside who asks. */
export type ReadLimits = Pick<QueryOptions, 'cannot'> & { readonly mayServe?: () => boolean };

export type ReadOptions = {
  /** By its id or what stands after the scheme; the node's own without a name. */
  readonly find: (name: string | undefined) => Promise<Result<DomainReads, Rejection>>;
  readonly subscribers: Subscribers;
  readonly issuers: IssuerBook;
};

/** Paths of their own (whitepaper 3.5), each one projection. */
const NAMED = [
  'hypervisor-nodes',
  'autonomous-system-chains',
  'service-modules',
  'module-invocations',
  'upgrade-proposals',
  'local-settlements',
  'audit',
];
const BODY = { maxBytes: 1_000_000, code: 'query.invalid' };
const STATUS: Readonly<Record<string, number>> = {
  'domain.not_open': 404,
  'log.rolled_back': 409,
  'log.forked': 409,
  'replica.stale': 503,
  'witness.required': 503,
  'projection.unknown': 404,
  'projection.gone': 503,
  'projection.fault': 503,
  'consistency.timeout': 504,
  'consistency.moving': 409,
  'consistency.no_prover': 422,
  'consistency.not_here': 422,
  'consistency.no_heads': 422,
  'session.invalid': 401,
  'session.revoked': 401,
  'session.revocation_unknown': 401,
  'session.out_of_scope': 403,
  'snapshot.unknown': 410,
  'snapshot.too_many': 429,
  'subscription.ahead': 409,
  'subscription.too_large': 413,
  'subscription.too_many': 429,
};

/** Reads over HTTP (protocol/src/http/reads.ts). Must come before every other route. */
export function addReadRoutes(app: Hono, options: ReadOptions): void {
  addQueryRoutes(app, options);
  addDefinitionRoutes(app, options);
  app.get('/v1/subscribe', (context) => subscribe(context, options));
  // A session reads projections; everything else is the owner's.
  app.use('*', async (context, next) => {
    if (context.req.header('authorization') === undefined) return next();
    return problem('session.out_of_scope', 'a session reads projections, nothing else', 403);
  });
  addIssuerRoutes(app, options.issuers);
}

function addQueryRoutes(app: Hono, options: ReadOptions): void {
  app.post('/v1/query', async (context) => {
    const body = await jsonBody<object>(context, BODY);
    return body.ok ? query(context, body.value, options) : refused(body.error);
  });
  for (const name of NAMED) {
    app.get(`/v1/${name}`, (context) =>
      query(context, { ...asked(context), projection: name }, options),
    );
  }
  app.get('/v1/upgrade-proposals/:proposal_id/decisions', (context) => {
    const { where, ...rest } = asked(context);
    const proposal_id = context.req.param('proposal_id');
    const both = { ...(where as object | undefined), proposal_id };
    return query(context, { ...rest, projection: 'upgrade-decisions', where: both }, options);
  });
}

function addDefinitionRoutes(app: Hono, options: ReadOptions): void {
  app.get('/v1/projections', (context) =>
    withReader(context, options, domainIn(context), async ({ projections, guard, reader }) => {
      const page = await projections.ask('list', {});
      if (!page.ok) return refused(page.error);
      const isShown = (name: string): boolean => guard.admit(reader, name).ok;
      const shown = page.value.projections.filter(({ projection }) => isShown(projection));
      return Response.json({ ...page.value, projections: shown });
    }),
  );
  app.get('/v1/projections/checkpoint', (context) =>
    withReader(context, options, domainIn(context), async ({ projections, guard, reader }) => {
      const projection = nameIn(context);
      const admitted = guard.admit(reader, projection);
      if (!admitted.ok) return refused(admitted.error);
      return answered(await projections.ask('checkpoint', { projection }));
    }),
  );
  app.post('/v1/projections', (context) =>
    asOwner(context, options, async ({ projections }) => {
      const body = await jsonBody<object>(context, BODY);
      if (!body.ok) return refused(body.error);
      return answered(await projections.ask('define', { definition: body.value }));
    }),
  );
  app.post('/v1/projections/rebuild', (context) =>
    asOwner(context, options, async ({ projections }) =>
      answered(await projections.ask('rebuild', { projection: nameIn(context) })),
    ),
  );
  app.delete('/v1/projections', (context) =>
    asOwner(context, options, async ({ projections }) =>
      answered(await projections.ask('remove', { projection: nameIn(context) })),
    ),
  );
}

async function asOwner(
  context: Context,
  options: ReadOptions,
  work: (reads: DomainReads) => Promise<Response>,
): Promise<Response> {
  if (context.req.header('authorization') !== undefined) {
    return problem('session.out_of_scope', 'a session reads; it defines nothing', 403);
  }
  const found = await options.find(domainIn(context));
  return found.ok ? work(found.value) : refused(found.error);
}

type Reading = DomainReads & { readonly reader: Reader };

async function withReader(
  context: Context,
  options: ReadOptions,
  domain: string | undefined,
  work: (reading: Reading) => Promise<Response>,
): Promise<Response> {
  const found = await options.find(domain);
  if (!found.ok) return refused(found.error);
  const reader = found.value.guard.readerOf(context.req.header('authorization'));
  return reader.ok ? work({ ...found.value, reader: reader.value }) : refused(reader.error);
}

async function query(context: Context, body: unknown, options: ReadOptions): Promise<Response> {
  const request = requestIn(body);
  if (!request.ok) return refused(request.error);
  const { domain, projection } = request.value;
  return withReader(context, options, domain, async ({ reader, guard, ...reads }) => {
    const admitted = guard.admit(reader, projection);
    if (!admitted.ok) return refused(admitted.error);
    return answered(await runQuery(request.value, { ...reads, readBy: reader.lease?.session_id }));
  });
}

function subscribe(context: Context, options: ReadOptions): Promise<Response> {
  return withReader(context, options, domainIn(context), async (reading) => {
    const { reader, guard, projections, mayServe = () => true } = reading;
    const { subscribers } = options;
    const projection = nameIn(context);
    const admitted = guard.admit(reader, projection);
    if (!admitted.ok) return refused(admitted.error);
    const token = context.req.header('last-event-id') ?? context.req.query('resume');
    const resume = token === undefined ? undefined : decodeResume(token);
    const isOther = resume !== undefined && resume.projection !== projection;
    if ((token !== undefined && resume === undefined) || isOther) {
      return problem('query.invalid', 'resume is no token of this projection', 400);
    }
    if (subscribers.isFull) {
      return problem('subscription.too_many', 'too many subscriptions are open', 429);
    }
    const where = whereIn(context);
    const subscriber = subscribers.next();
    const mayGoOn = (): boolean => guard.mayGoOn(reader) && mayServe();
    const ask = { subscriber, projection, where, resume };
    return new Promise((resolve) => {
      // The stream opens before anything else the thread says, so no delta is missed.
      projections.askThen('subscribe', ask, (first) => {
        if (!first.ok) return resolve(refused(first.error));
        const stream = subscribers.open(subscriber, first.value, mayGoOn);
        const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
        resolve(new Response(stream, { headers }));
      });
    });
  });
}

/** A query's members as parameters of an address; `where` is JSON, `order` has commas. */
function asked(context: Context): Partial<Record<keyof QueryRequest, unknown>> {
  const { where: _, order, limit, await_ms: awaitMs, ...rest } = context.req.query();
  const where = whereIn(context);
  return {
    consistency: 'cached_projection',
    ...rest,
    ...(where === undefined ? {} : { where }),
    ...(order === undefined ? {} : { order: order.split(',') }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(awaitMs === undefined ? {} : { await_ms: Number(awaitMs) }),
  };
}

/** What is no JSON stays text, which no query takes for a filter. */
function whereIn(context: Context): unknown {
  const text = context.req.query('where');
  if (text === undefined) return undefined;
  const parsed = parseStrict(new TextEncoder().encode(text));
  return parsed.ok ? parsed.value : text;
}

/** Of requests that name a domain in their address. */
function domainIn(context: Context): string | undefined {
  return context.req.query('domain');
}

function nameIn(context: Context): string {
  return projectionName(context.req.query('projection') ?? '');
}

function answered(answer: Result<unknown, Rejection>): Response {
  return answer.ok ? Response.json(answer.value) : refused(answer.error);
}

function refused({ code, message }: Rejection): Response {
  return problem(code, message, STATUS[code] ?? 400);
}
