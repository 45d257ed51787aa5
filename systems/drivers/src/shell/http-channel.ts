import { neverConnected } from '@ioi/basis';
import type { JsonObject } from '@ioi/jsonrpc';
import type { SealedAction } from '@ioi/protocol';
import { readChallenge } from '../core/challenge.ts';
import type { Unauthorised } from './upstream.ts';

/** Shaped like `fetch`, so that requests can go through a process that adds credentials. */
export type Send = (
  url: string,
  init: RequestInit & { readonly action?: SealedAction; readonly inputSchema?: JsonObject },
) => Promise<Response>;

/** How one server is reached over HTTP. */
export type Channel = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly send: Send;
};

/** What is read of an answer that is no success. */
const REFUSAL_BYTES = 64 * 1024;

export type Failure = { readonly isSent: boolean; readonly detail: string };

/** What a request that threw tells: whether anything was sent at all. */
export function failureOf(error: unknown): Failure {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code = 'failed', message = code } = (cause ?? {}) as Partial<
    Record<'code' | 'message', string>
  >;
  const detail = String(message).toWellFormed();
  return { isSent: !neverConnected(error), detail };
}

/** `text/event-stream`, `application/json` and so on, without parameters. */
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Undefined where no login is wanted: a 403 without a challenge is a plain refusal. */
export function loginWanted({ status, headers }: Response): Unauthorised | undefined {
  const challenge = headers.get('www-authenticate');
  if (status === 401) return { status, ...readChallenge(challenge) };
  if (status === 403 && challenge !== null) return { status, ...readChallenge(challenge) };
  return undefined;
}

/** The body; undefined when it is longer than the limit, which for a refusal is a small one. */
export async function readBody(
  response: Response,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  const limit = response.ok ? limitBytes : REFUSAL_BYTES;
  const chunks: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of response.body ?? []) {
    held += chunk.length;
    if (held > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Waits, but no longer than until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
