import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Consent } from './grant-provider.ts';

const PATH = '/callback';
const DONE = 'You may close this window and go back to where you began.\n';
const UNKNOWN = 'This is not the answer that is waited for.\n';

export type Loopback = Consent & {
  /** What came back by another way, such as a person's clipboard; false when it is not awaited. */
  take(callback: string): boolean;
  close(): void;
};

/**
 * Waits on this machine for a person's browser (RFC 8252 7.3). `onAddress` is told where they have
 * to go. The port of `earlier` is taken again where it is free: a client is registered for it.
 */
export async function loopbackConsent(
  onAddress: (url: URL) => void,
  earlier?: string,
): Promise<Loopback> {
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
  promise.catch(() => {});
  let awaited: string | undefined;
  const takeAt = (url: URL | null): boolean => {
    const isIt = awaited !== undefined && url?.searchParams.get('state') === awaited;
    if (isIt) resolve(url.searchParams);
    return isIt;
  };
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
    const isIt = request.method === 'GET' && url?.pathname === PATH && takeAt(url);
    tell(response, isIt);
  });
  const port = await listen(server, Number(URL.parse(earlier ?? '')?.port ?? 0));
  return {
    redirectUrl: `http://127.0.0.1:${port}${PATH}`,
    ask: (url, state) => {
      awaited = state;
      onAddress(url);
      return promise;
    },
    take: (callback) => takeAt(URL.parse(callback)),
    close: () => {
      reject(new Error('nobody came back'));
      server.close();
    },
  };
}

function tell(response: ServerResponse, isIt: boolean): void {
  const headers = {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    connection: 'close',
  };
  response.writeHead(isIt ? 200 : 400, headers);
  response.end(isIt ? DONE : UNKNOWN);
}

async function listen(server: Server, wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    server.listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      // A login that nobody ends keeps no process alive.
      server.unref();
      return (server.address() as AddressInfo).port;
    } catch {
      // Taken by another; the next one is whatever is free.
    }
  }
  throw new Error('no port on this machine is free');
}
