import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '@ioi/basis';
import type { WebRefusal } from '../../core/web/web-act.ts';

/** Of one request, and of all of one program that are not sent yet. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;
const MOST_HELD_BYTES = 64 * 1024 * 1024;

/** What the bodies of requests take up that were not answered yet. */
export type Held = { bytes: number };

/**
 * The body, whole: what is decided is what will be sent, so nothing of it leaves before. Undefined
 * where none is announced.
 */
export async function readBody(
  incoming: IncomingMessage,
  held: Held,
): Promise<Result<Uint8Array | undefined, WebRefusal>> {
  const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
  if (coding === undefined && (length === undefined || length === '0')) return ok(undefined);
  if (Number(length ?? 0) > MOST_BODY_BYTES) return tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  let isWhole = false;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      held.bytes += chunk.length;
      if (size > MOST_BODY_BYTES || held.bytes > MOST_HELD_BYTES) return tooLarge();
      chunks.push(chunk);
    }
    isWhole = true;
  } finally {
    // One that breaks off takes up room no more either.
    if (!isWhole) held.bytes -= size;
  }
  return ok(Buffer.concat(chunks));
}

function tooLarge(): Result<never, WebRefusal> {
  const message = `a request has at most ${MOST_BODY_BYTES} bytes`;
  return err({ code: 'web.body_too_large', message });
}
