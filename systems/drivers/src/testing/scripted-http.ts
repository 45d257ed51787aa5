import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Upstream } from '../shell/upstream.ts';
import { type HttpUpstreamOptions, httpUpstream } from '../shell/upstream-http.ts';

export type Received = {
  readonly verb: string;
  readonly headers: IncomingMessage['headers'];
  /** Empty for a GET or DELETE. */
  readonly message: { id?: number; method?: string; params?: JsonObject; error?: JsonObject };
  /** Resolves when the client has closed the connection of this request. */
  readonly closed: Promise<unknown>;
};

export type Script = (received: Received, response: ServerResponse, seen: Received[]) => void;

export const JSON_TYPE = { 'content-type': 'application/json' };
export const STREAM_TYPE = { 'content-type': 'text/event-stream' };
export const FINE = { content: [{ type: 'text', text: 'fine' }] };

export const rpc = (message: object): string => JSON.stringify({ jsonrpc: '2.0', ...message });
export const event = (message: object): string => `data: ${rpc(message)}\n\n`;

export function answer(response: ServerResponse, id: number | undefined, result: object): void {
  response.writeHead(200, JSON_TYPE).end(rpc({ id, result }));
}

export function refuse(
  response: ServerResponse,
  status: number,
  refusal: { id: number | undefined; error: object },
): void {
  response.writeHead(status, JSON_TYPE).end(rpc({ id: refusal.id ?? null, error: refusal.error }));
}

/** What a server without sessions says of itself, and of its one tool. */
export function statelessBasics(
  { message }: Received,
  response: ServerResponse,
  capabilities: object = { tools: {} },
): boolean {
  const { id, method } = message;
  if (method === 'server/discover') {
    const supportedVersions = ['2026-07-28'];
    answer(response, id, { resultType: 'complete', supportedVersions, capabilities });
  } else if (method === 'tools/list') {
    const tools = [{ name: 'trick', inputSchema: { type: 'object' } }];
    answer(response, id, { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'private' });
  } else return false;
  return true;
}

/** What a server with sessions says of itself, and of its one tool. */
export function statefulBasics({ message, verb }: Received, response: ServerResponse): boolean {
  const { id, method } = message;
  if (verb === 'POST' && (method === undefined || id === undefined)) response.writeHead(202).end();
  else if (method === 'server/discover') response.writeHead(400).end();
  else if (method === 'initialize') {
    const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} } };
    const headers = { ...JSON_TYPE, 'mcp-session-id': 'session-1' };
    response.writeHead(200, headers).end(rpc({ id, result }));
  } else if (method === 'tools/list') {
    answer(response, id, { tools: [{ name: 'trick', inputSchema: { type: 'object' } }] });
  } else return false;
  return true;
}

/** A server over HTTP that does what the script says, and a client of it. */
export async function withScripted(
  script: Script,
  run: (upstream: Upstream, seen: Received[], url: string) => Promise<void>,
  options: Partial<HttpUpstreamOptions> = {},
): Promise<void> {
  const seen: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const message = (body === '' ? {} : JSON.parse(body)) as Received['message'];
    const closed = once(response, 'close');
    const received = { verb: request.method ?? '', headers: request.headers, message, closed };
    seen.push(received);
    script(received, response, seen);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/mcp`;
  const upstream = httpUpstream({ name: 'scripted', url, ...options });
  try {
    await run(upstream, seen, url);
  } finally {
    await upstream.close();
    server.closeAllConnections();
    server.close();
  }
}
