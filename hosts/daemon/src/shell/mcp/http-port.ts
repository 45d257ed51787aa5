import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { McpHttpConfig } from '../config.ts';
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
  const serve = (handle: RequestListener | undefined): void => {
    if (handle) server.on('request', handle);
  };
  return { tokens, url, access: httpAccess(config, url, tokens), serve };
}

/** Listens where node.json says. Whoever comes before the node is ready waits. */
async function openPort({ port, host = '127.0.0.1' }: McpHttpConfig): Promise<OpenPort> {
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: 0 });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { server, url: `http://${name}:${taken}/mcp` };
}
