import { ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { EdgeRefusal, Unsigned } from '../core/index.ts';
import { cleanBytes, cleanHeaders } from './clean.ts';
import type { CallResult } from './sealed-egress.ts';
import { transmit } from './transmit.ts';

export type Answering = {
  readonly server: string;
  readonly secrets: readonly string[];
  /** Bytes of the answer, however it was packed. */
  readonly most: number;
  readonly signal: AbortSignal;
};

const TEXTUAL = /^(text\/|application\/([a-z0-9.+-]*\+)?(json|xml)\b|application\/x-www-form)/;

/** Sends it once, and returns what came without any of the secrets. */
export async function fetchAnswer(
  { url, method, headers, body }: Pick<Unsigned, 'url' | 'method' | 'headers' | 'body'>,
  { server, secrets, most, signal }: Answering,
): Promise<Result<CallResult, EdgeRefusal>> {
  const target = { server, url };
  const answered = await transmit({ outgoing: { target, method, headers }, body, signal });
  if (!answered.ok) return answered;
  const response = answered.value;
  const bytes = await bytesOf(response, most).catch(() => undefined);
  if (bytes === undefined) return sent('upstream.died', `${server} broke off its answer`);
  if (bytes === 'too_large') return sent('upstream.too_large', `${server} answers too much`);
  const clean = cleanBytes(bytes, secrets);
  const kept = cleanHeaders(response.headers, secrets);
  const type = response.headers.get('content-type')?.toLowerCase() ?? 'text/plain';
  const content = contentOf(clean, TEXTUAL.test(type));
  const status = response.status;
  const shown = 'text' in content ? content.text : content.base64;
  return ok({
    content: [{ type: 'text', text: `HTTP ${status}\n${shown}` }],
    structuredContent: {
      status,
      headers: Object.fromEntries(kept),
      ...('json' in content ? { body: content.json } : { body: shown }),
      ...('base64' in content ? { encoding: 'base64' } : {}),
    },
    isError: status >= 400,
  });
}

async function bytesOf(response: Response, most: number): Promise<Buffer | 'too_large'> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > most) return 'too_large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Content =
  | { readonly text: string; readonly json: Json }
  | { readonly text: string }
  | { readonly base64: string };

function contentOf(bytes: Buffer, isTextual: boolean): Content {
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  if (!isText && !isTextual) return { base64: bytes.toString('base64') };
  const whole = text.toWellFormed();
  try {
    return { text: whole, json: JSON.parse(whole) as Json };
  } catch {
    return { text: whole };
  }
}

function sent(code: string, message: string): Result<never, EdgeRefusal> {
  return { ok: false, error: { code, message, isSent: true } };
}
