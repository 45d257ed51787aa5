import { neverConnected, ok, type Result } from '@ioi/basis';
import {
  type EdgeRefusal,
  type Header,
  type Outgoing,
  type Target,
  unsent,
} from '../core/index.ts';

export type Transmission = {
  readonly outgoing: Pick<Outgoing, 'method' | 'headers'> & {
    readonly target: Pick<Target, 'server' | 'url'>;
  };
  readonly body: Uint8Array;
  /** How the credential is sent; undefined sends none. */
  readonly credential?: Header | undefined;
  readonly signal: AbortSignal;
};

/** What `fetch` undoes by itself: in any other a secret that comes back could not be found. */
const READABLE = /^(identity|gzip|x-gzip|deflate|br)$/;

/** Sends it, once, to the target's own URL. Redirects are answers like any other. */
export async function transmit(send: Transmission): Promise<Result<Response, EdgeRefusal>> {
  const { outgoing, body, credential, signal } = send;
  const { target, method, headers } = outgoing;
  const own = new Headers({ 'accept-encoding': 'identity' });
  for (const [name, value] of headers) own.append(name, value);
  if (credential !== undefined) own.set(...credential);
  try {
    const response = await fetch(target.url, {
      method,
      headers: own,
      signal,
      redirect: 'manual',
      ...(body.length === 0 ? {} : { body: Buffer.from(body) }),
    });
    const codings = response.headers.get('content-encoding')?.toLowerCase().split(',') ?? [];
    if (codings.every((coding) => READABLE.test(coding.trim()))) return ok(response);
    await response.body?.cancel();
    return sent('upstream.encoded', `${target.server} answers in a coding that nobody asked for`);
  } catch (fault) {
    const { code } = Object((fault as Error).cause) as NodeJS.ErrnoException;
    const { server } = target;
    if (neverConnected(fault)) {
      return unsent('upstream.unreachable', `${server} is not reached: ${String(code)}`);
    }
    return sent('upstream.died', `${server} broke off: ${typeof code === 'string' ? code : 'cut'}`);
  }
}

function sent(code: string, message: string): Result<never, EdgeRefusal> {
  return { ok: false, error: { code, message, isSent: true } };
}
