import { secureUrl } from '@ioi/basis';

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;

/**
 * `fetch` for what an authorization server and its documents are asked for. Where they are is said
 * by the MCP server, so: https, or http on this machine for a server that is itself on it; no
 * redirect is followed; no answer is long.
 */
export function guardedFetch(isLocal: boolean, signal: AbortSignal) {
  return async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = secureUrl(String(address));
    if (url === undefined || (url.isLocal && !isLocal)) {
      throw new Error('a server named an address that is not to be asked');
    }
    const limits = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const given = { ...init, redirect: 'manual', signal: limits } as const;
    const response = await fetch(url.href, given);
    const { status, headers } = response;
    const body = await limited(response);
    return new Response(body.length === 0 ? null : body, { status, headers });
  };
}

async function limited(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('an answer is too long');
    chunks.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
