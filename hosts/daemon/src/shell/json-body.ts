import { err, ok, type Result } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import type { Rejection } from '@ioi/protocol';
import type { Context } from 'hono';

export type BodyLimits = { readonly maxBytes: number; readonly code: string };

/** What was sent, whatever its members are; rejects with the code given. */
export async function jsonBody<T>(
  context: Context,
  { maxBytes, code }: BodyLimits,
): Promise<Result<Partial<T> | null, Rejection>> {
  const parsed = parseStrict(new Uint8Array(await context.req.arrayBuffer()), { maxBytes });
  if (parsed.ok) return ok(parsed.value as Partial<T> | null);
  return err({ code, message: `the body: ${parsed.error.message}` });
}
