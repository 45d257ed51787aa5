import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigFault } from '../config.ts';
import type { MetricsConfig } from './listener-config.ts';

export type Told = { readonly type: string; readonly text: string };
type Tell = (accept: string | undefined) => Told;

const CONNECTIONS_MAX = 64;
/** For all of a request, so that half-open ones do not keep others out. */
const REQUEST_MS = 10_000;
const TIMEOUTS = { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS };

export type MetricsPort = { readonly url: string; readonly close: () => void };

/**
 * Metrics alone, on a loopback port that node.json opens, for a Prometheus server on this machine:
 * it reads no Unix sockets. Throws ConfigFault where it cannot listen.
 */
export async function openMetrics(
  { port, host = '127.0.0.1' }: MetricsConfig,
  tell: Tell,
): Promise<MetricsPort> {
  const server = createServer(TIMEOUTS, (request, response) => answer(request, response, tell));
  server.maxConnections = CONNECTIONS_MAX;
  try {
    // What keeps the daemon alive is its own sockets.
    server.listen(port, host).unref();
    await once(server, 'listening');
  } catch (fault) {
    const why = (fault as NodeJS.ErrnoException).code ?? String(fault);
    throw new ConfigFault(`/metrics: port ${port} of ${host} cannot be listened on (${why})`);
  }
  const { port: taken } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://${name}:${taken}/metrics`, close };
}

function answer(request: IncomingMessage, response: ServerResponse, tell: Tell): void {
  const status = statusOf(request);
  if (status !== 200) return void response.writeHead(status, { connection: 'close' }).end();
  const { type, text } = tell(request.headers.accept);
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : text);
}

/** Browsers are told nothing: neither pages of others nor names that were made to lead here. */
function statusOf({ method, url = '', headers }: IncomingMessage): number {
  if (!isLoopback(headers.host) || headers.origin !== undefined) return 403;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none') return 403;
  if (method !== 'GET' && method !== 'HEAD') return 405;
  return url.split('?')[0] === '/metrics' ? 200 : 404;
}

function isLoopback(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?$/.test(host ?? '');
}
