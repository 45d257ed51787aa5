import type { Context, MiddlewareHandler } from 'hono';
import { problem } from '../problem.ts';
import { BROUGHT_BYTES_MAX } from './brought.ts';

const REQUESTS_MAX = 1_024;
const BYTES_MAX = 64 * 1024 * 1024;
const RETRY_AFTER_S = '1';

/** What requests hold at once: bodies count from before a byte of them is read until the answer. */
export function boundUnderWay(): MiddlewareHandler {
  let requests = 0;
  let bytes = 0;
  return async (context, next) => {
    const own = mostBytesOf(context);
    if (requests >= REQUESTS_MAX || bytes + own > BYTES_MAX) {
      const message = 'too much is on its way: ask again in a moment';
      const response = problem('admission.too_many', message, 429);
      response.headers.set('retry-after', RETRY_AFTER_S);
      return response;
    }
    requests += 1;
    bytes += own;
    try {
      await next();
    } finally {
      requests -= 1;
      bytes -= own;
    }
    return undefined;
  };
}

/** What is longer than any may be is refused unread; one that says no length may be the longest. */
function mostBytesOf({ req }: Context): number {
  if (req.header('transfer-encoding') !== undefined) return BROUGHT_BYTES_MAX;
  return Math.min(Number(req.header('content-length') ?? 0), BROUGHT_BYTES_MAX);
}
