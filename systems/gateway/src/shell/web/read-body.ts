import type { IncomingHttpHeaders } from 'node:http';
import { ok, type Result } from '@ioi/basis';
import type { WebAct, WebRefusal } from '../../core/web/web-act.ts';
import type { Spool } from './spool-share.ts';

/** Of one request, and of all of one program that are not sent yet; what is more goes to disk. */
export const MOST_READ_BYTES = 8 * 1024 * 1024;
const MOST_HELD_BYTES = 64 * 1024 * 1024;

/** What the bodies of requests take up that were not answered yet. */
export type Held = { bytes: number };

/** Neither where no body is announced. */
export type Body = Pick<WebAct, 'body' | 'large'>;

type Incoming = AsyncIterable<Uint8Array> & { readonly headers: IncomingHttpHeaders };

/**
 * The body, whole: what is decided is what will be sent, so nothing of it leaves before. A `body`
 * counts in `held`, and a `large` one is held by the spool, until they are given back.
 */
export async function readBody(
  incoming: Incoming,
  held: Held,
  spool: Spool,
): Promise<Result<Body, WebRefusal>> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  const tooLarge = spool.tooLarge(announced);
  if (tooLarge !== undefined) return { ok: false, error: tooLarge };
  const taken: Taken = { chunks: [], bytes: 0, isWhole: false };
  const coming = incoming[Symbol.asyncIterator]();
  let isHeld = false;
  try {
    await fill(coming, taken, held, announced);
    if (taken.isWhole) {
      isHeld = true;
      return ok({ body: Buffer.concat(taken.chunks) });
    }
    const whole = await spool.take(following(taken.chunks, coming));
    return whole.ok ? ok({ large: whole.value }) : whole;
  } finally {
    // One that breaks off takes up room no more either.
    if (!isHeld) held.bytes -= taken.bytes;
    if (!taken.isWhole) await coming.return?.().catch(() => {});
  }
}

type Taken = { readonly chunks: Uint8Array[]; bytes: number; isWhole: boolean };

/** As much as memory may hold. */
async function fill(
  coming: AsyncIterator<Uint8Array>,
  taken: Taken,
  held: Held,
  announced: number,
): Promise<void> {
  const isRoom = (): boolean => taken.bytes <= MOST_READ_BYTES && held.bytes <= MOST_HELD_BYTES;
  while (announced <= MOST_READ_BYTES && isRoom()) {
    const next = await coming.next();
    if (next.done === true) {
      taken.isWhole = true;
      return;
    }
    taken.chunks.push(next.value);
    taken.bytes += next.value.length;
    held.bytes += next.value.length;
  }
}

async function* following(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* first;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
