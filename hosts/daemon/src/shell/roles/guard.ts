import { mayAs } from '@ioi/law';
import { type LeastRole, ROUTE_ROLES } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { matchedRoutes } from 'hono/route';
import { problem } from '../problem.ts';
import { callerBy, type Looking, ROLE_HEADER } from './caller.ts';

const LOOK_MS = 5_000;

/**
 * Holds whoever signed in to the least role that each operation declares (protocol/src/http). It
 * stands before everything else; what is declared nowhere takes the owner.
 */
export function addRoleGuard(app: Hono, view: Looking): void {
  app.use('*', async (context, next) => {
    const token = context.req.header(ROLE_HEADER);
    if (token === undefined) return next();
    const caller = callerBy(token, view);
    if (caller === undefined) {
      return problem('role.session_over', 'this sign-in is over: ioi login', 401);
    }
    const needed = leastAt(context);
    const lacking = needed.find((least) => !mayAs(caller.roles, least));
    if (lacking !== undefined) {
      const message = `it takes the role ${lacking}; you have ${caller.roles.join(', ')}`;
      return problem('role.insufficient', message, 403);
    }
    context.set('caller', caller);
    await next();
    goOnWhile(context, () => {
      const { roles = [] } = callerBy(token, view) ?? {};
      return needed.every((least) => mayAs(roles, least));
    });
    return undefined;
  });
}

/** Of every route that answers here; a route is spelled as its operation is declared. */
function leastAt(context: Context): readonly LeastRole[] {
  const routes = matchedRoutes(context).filter(({ method }) => method !== 'ALL');
  return routes.map(({ method, path }) => ROUTE_ROLES[`${method} ${declared(path)}`] ?? 'owner');
}

/** `/a/:b/*` as `/a/{b}/{path}`. */
function declared(path: string): string {
  return path.replace(/:([a-z_]+)/g, '{$1}').replace(/\*$/, '{path}');
}

/** Roles end while streams do not: nothing more is told then, and what is quiet ends as well. */
function goOnWhile(context: Context, mayGoOn: () => boolean): void {
  const { res } = context;
  const isStream = res.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!isStream || res.body === null) return;
  let looking: NodeJS.Timeout | undefined;
  const end = (): void => clearInterval(looking);
  const held = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      const look = (): void => {
        if (mayGoOn()) return;
        end();
        controller.terminate();
      };
      looking = setInterval(look, LOOK_MS).unref();
    },
    transform: (chunk, controller) => {
      if (mayGoOn()) return controller.enqueue(chunk);
      end();
      controller.terminate();
    },
    flush: end,
    cancel: end,
  });
  context.res = new Response(res.body.pipeThrough(held), res);
}
