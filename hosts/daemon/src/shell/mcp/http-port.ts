import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { McpHttpConfig } from '../config.ts';

const HEADERS_MS = 10_000;
const CONNECTIONS_MAX = 1024;

export type OpenPort = { readonly server: Server; readonly url: string };

/** Listens where node.json says. Whoever comes before the node is ready waits. */
export async function openPort({ port, host = '127.0.0.1' }: McpHttpConfig): Promise<OpenPort> {
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
