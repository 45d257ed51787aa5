import type { MiddlewareHandler } from 'hono';

/** HEAD is answered as GET is. Its body, which nobody reads, ends here: a stream would go on. */
export function withoutBodies(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    if (context.req.method === 'HEAD') await context.res.body?.cancel();
  };
}
