import type { ExchangeAnswer, ExchangeAsked } from '@ioi/guardian';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 64 * 1024;

/**
 * Exchanges a code at the token endpoint that the owner pinned, for the guardian, which has no
 * network. Of the answer only the ID token is handed on, unread; the access token is dropped.
 */
export async function exchangeCode({
  id,
  token_endpoint,
  form,
}: ExchangeAsked & { readonly id: string }): Promise<ExchangeAnswer> {
  try {
    const response = await fetch(token_endpoint, {
      method: 'POST',
      redirect: 'error',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { id_token, error } = JSON.parse(await textOf(response)) as Record<string, unknown>;
    if (response.ok && typeof id_token === 'string') return { id, id_token };
    return { id, fault: `${response.status} ${String(error ?? 'without an ID token')}` };
  } catch (fault) {
    return { id, fault: fault instanceof Error ? fault.message : String(fault) };
  }
}

async function textOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.length;
    if (size > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
