import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ConfigFault, type McpHttpConfig } from '../config.ts';
import { AccessTokens } from './access-tokens.ts';
import { type HttpAccess, httpAccess } from './http-access.ts';

const HEADERS_MS = 10_000;
const CONNECTIONS_MAX = 1024;

type OpenPort = { readonly server: Server; readonly url: string };

/** Clients over HTTP: who may come in, and where. */
export type HttpSide = {
  readonly tokens: AccessTokens;
  /** Of the endpoint; both undefined where node.json opens none. */
  readonly url: string | undefined;
  readonly access: HttpAccess | undefined;
  /** From now on, whoever comes is served. */
  readonly serve: (handle: RequestListener | undefined) => void;
};

export async function openHttp(
  config: McpHttpConfig | undefined,
  folder: string,
): Promise<HttpSide> {
  const tokens = new AccessTokens(join(folder, 'mcp-tokens.json'));
  if (config === undefined) return { tokens, url: undefined, access: undefined, serve: () => {} };
  const { server, url } = await openPort(config);
  // What keeps the daemon alive is its own sockets.
  server.unref();
  server.on('request', refuseYet);
  const serve = (handle: RequestListener | undefined): void => {
    if (handle) server.off('request', refuseYet).on('request', handle);
  };
  return { tokens, url, access: httpAccess(config, url, tokens), serve };
}

const refuseYet: RequestListener = (_, response) => {
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end();
};

/** Listens where node.json says. Throws ConfigFault where it cannot. */
async function openPort({ port, host = '127.0.0.1' }: McpHttpConfig): Promise<OpenPort> {
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: 0 });
  server.maxConnections = CONNECTIONS_MAX;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (fault) {
    const why = (fault as NodeJS.ErrnoException).code ?? String(fault);
    throw new ConfigFault(`/mcp_http: port ${port} of ${host} cannot be listened on (${why})`);
  }
  const { port: taken } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { server, url: `http://${name}:${taken}/mcp` };
}
