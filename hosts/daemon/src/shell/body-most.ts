import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem } from './problem.ts';

/** Up to here what is too large is read to its end, so that whoever sent it hears why. */
const MOST_IGNORED_BYTES = 64 * 1024 * 1024;

/** Refuses a body of more bytes before it is held. */
export function bodyMost(maxSize: number): MiddlewareHandler {
  const refused = () => problem('request.too_large', `a body has at most ${maxSize} bytes`, 413);
  return bodyLimit({
    maxSize,
    onError: async ({ req }) => {
      await ignore(req.raw.body);
      return refused();
    },
  });
}

async function ignore(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return;
  let left = MOST_IGNORED_BYTES;
  for await (const chunk of body) {
    left -= chunk.length;
    if (left < 0) return;
  }
}
