import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { boundUnderWay } from '../admission/under-way.ts';
import { bodyMost } from '../body-most.ts';
import { addDomainRoutes } from '../domains/domain-routes.ts';
import { problem } from '../problem.ts';
import { addReadRoutes, type ReadOptions } from '../reads/read-routes.ts';
import type { Bringing } from './bringing.ts';
import type { Following } from './following.ts';
import type { ReplicaConfig } from './replica-config.ts';
import type { ReplicaDomains } from './replica-domains.ts';

export type ReplicaAppOptions = {
  readonly config: ReplicaConfig;
  readonly following: Following;
  readonly domains: ReplicaDomains;
  readonly reads: ReadOptions;
  readonly bringing: Bringing;
  /** Of whoever comes over the network: they read by a session, and bring what they signed. */
  readonly isRemote: boolean;
};

const BODY_BYTES_MAX = 4_000_000;
const RETRY_AFTER_S = '1';
/** A client's own bound on the age of what it reads, in milliseconds. */
const MOST_STALE = 'ioi-max-stale-ms';
const OPERATIONS = /^\/v1\/domains\/[^/]+\/operations$/;

/** The reads of the API as far as a replica has them, and operations on their way to the writer. */
export function replicaApp(options: ReplicaAppOptions): Hono {
  const { bringing, domains, reads, isRemote } = options;
  const app = new Hono();
  if (isRemote) app.use('*', asStranger);
  app.use('*', boundUnderWay(), bodyMost(BODY_BYTES_MAX));
  bringing.addRoute(app);
  app.use('*', whileFresh(options));
  addReadRoutes(app, reads);
  addDomainRoutes(app, { domains, writer: domains });
  app.notFound(() =>
    problem('replica.not_here', 'ask the node itself: a replica has its logs', 404),
  );
  return app;
}

/** Nobody is taken for the owner by having come so far. */
const asStranger: MiddlewareHandler = async (context, next) => {
  const isBringing = context.req.method === 'POST' && OPERATIONS.test(context.req.path);
  if (isBringing || context.req.header('authorization') !== undefined) return next();
  return problem('session.invalid', 'over the network a session reads: Bearer …', 401);
};

/** Nothing is answered from a log that does not hold, or that is older than is allowed. */
function whileFresh({ config, following }: ReplicaAppOptions): MiddlewareHandler {
  return async (context, next) => {
    const asked = context.req.header(MOST_STALE);
    const own = asked === undefined ? config.staleAfterMs : Number(asked);
    if (!(own >= 0)) return problem('query.invalid', `${MOST_STALE} is in milliseconds`, 400);
    const most = Math.min(own, config.staleAfterMs);
    const domain = domainIn(context) ?? following.node.domain;
    const refusal = following.refusal(domain, performance.now(), most);
    if (refusal === undefined) {
      await next();
      standing(context.res, config, following);
      return;
    }
    const response = problem(refusal.code, refusal.message, 503);
    response.headers.set('retry-after', RETRY_AFTER_S);
    return standing(response, config, following);
  };
}

/** Which replica answered, and how old what it has may be. */
function standing(response: Response, { replica }: ReplicaConfig, following: Following): Response {
  const age = following.age(performance.now());
  response.headers.set('ioi-replica', replica);
  if (age !== undefined) response.headers.set('ioi-stale-ms', String(Math.round(age)));
  return response;
}

function domainIn({ req }: Context): string | undefined {
  const named = /^\/v1\/domains\/([^/]+)/.exec(req.path)?.[1] ?? req.query('domain');
  if (named === undefined) return undefined;
  const name = decodeURIComponent(named);
  return name.includes('://') ? name : `agentgres://domain/${name}`;
}
